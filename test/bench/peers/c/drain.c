// drain PORT PATH BODY_BYTES CONNECTIONS SECONDS: downloads PATH again and again on so many
// connections and drops the bytes in the kernel (MSG_TRUNC), so that the client never is the limit.
// Prints the body bytes and seconds. A body shorter than BODY_BYTES is a failure.
#define _GNU_SOURCE
#include "tcp.h"

#define CONNECTIONS_LIMIT 1024
#define DRAIN_BYTES (4 << 20)

struct download {
  long long received;  // body bytes, with chunk framing where there is any; -1 before the head
  int is_chunked;
};

static const char *path;
static int port;
static long long body_bytes;

static int start(struct download *download) {
  char head[1024];
  int fd = connect_loopback(port);
  // One answer a connection: the end of a chunked body cannot be seen in bytes that are dropped.
  int length = snprintf(head, sizeof head,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n", path,
                        port);
  send_all(fd, head, (size_t)length);
  *download = (struct download){.received = -1};
  return fd;
}

static void read_head(int fd, struct download *download) {
  char head[2049];
  ssize_t got = recv(fd, head, sizeof head - 1, 0);
  expect(got > 0, "no answer");
  head[got] = 0;
  char *end = strstr(head, "\r\n\r\n");
  expect(end != NULL && strncmp(head, "HTTP/1.1 200", 12) == 0, "the answer is not 200");
  download->received = got - (end + 4 - head);
  *end = 0;
  download->is_chunked = strcasestr(head, "transfer-encoding: chunked") != NULL;
}

// Returns whether the answer is complete.
static int drain(int fd, struct download *download) {
  if (download->received < 0) {
    read_head(fd, download);
    return 0;
  }
  ssize_t got = recv(fd, NULL, DRAIN_BYTES, MSG_TRUNC);
  require(got >= 0, "recv");
  download->received += got;
  if (got > 0) return 0;
  expect(download->is_chunked ? download->received > body_bytes : download->received == body_bytes,
          "the body has not its length");
  return 1;
}

int main(int count, char **words) {
  expect(count == 6, "usage: drain PORT PATH BODY_BYTES CONNECTIONS SECONDS");
  static struct pollfd polled[CONNECTIONS_LIMIT];
  static struct download downloads[CONNECTIONS_LIMIT];
  port = atoi(words[1]);
  path = words[2];
  body_bytes = atoll(words[3]);
  int connections = atoi(words[4]), open = connections;
  expect(connections >= 1 && connections <= CONNECTIONS_LIMIT, "1 to 1024 connections");
  long long answers = 0;
  double started = now(), deadline = started + atof(words[5]);
  for (int i = 0; i < connections; i++) {
    polled[i] = (struct pollfd){.fd = start(&downloads[i]), .events = POLLIN};
  }
  while (open > 0) {
    expect(poll(polled, (nfds_t)connections, 10000) > 0, "stalled");
    for (int i = 0; i < connections; i++) {
      if (polled[i].revents == 0 || !drain(polled[i].fd, &downloads[i])) continue;
      answers++;
      close(polled[i].fd);
      // poll() passes over a negative descriptor.
      polled[i].fd = now() < deadline ? start(&downloads[i]) : -1;
      if (polled[i].fd < 0) open--;
    }
  }
  print_work(answers * body_bytes, now() - started);
}
