// push PORT PATH BODY_BYTES CONNECTIONS SECONDS: uploads BODY_BYTES by Content-Length from one
// buffer, again and again on so many connections, and waits for each answer. Prints the body bytes
// and seconds. The answer must be 200 and name the number of bytes received.
#include <fcntl.h>

#include "tcp.h"

#define CONNECTIONS_LIMIT 1024
#define BLOCK_BYTES (256 << 10)

struct upload {
  long long left;
  size_t answered;
  char answer[4096];
};

static const char *path;
static int port;
static long long body_bytes;
static char block[BLOCK_BYTES];

static struct pollfd start(struct upload *upload) {
  char head[1024];
  int fd = connect_loopback(port);
  int length = snprintf(head, sizeof head,
                        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n"
                        "Content-Type: application/octet-stream\r\nContent-Length: %lld\r\n\r\n",
                        path, port, body_bytes);
  send_all(fd, head, (size_t)length);
  require(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
  upload->left = body_bytes;
  upload->answered = 0;
  return (struct pollfd){.fd = fd, .events = POLLOUT};
}

static void push(struct pollfd *polled, struct upload *upload) {
  while (upload->left > 0) {
    size_t wanted = upload->left < BLOCK_BYTES ? (size_t)upload->left : BLOCK_BYTES;
    ssize_t sent = send(polled->fd, block, wanted, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return;
    require(sent > 0, "send");
    upload->left -= sent;
  }
  polled->events = POLLIN;
}

// Returns whether the answer is complete, which the server says by closing.
static int read_answer(int fd, struct upload *upload) {
  char number[32];
  size_t room = sizeof upload->answer - 1 - upload->answered;
  ssize_t got = recv(fd, upload->answer + upload->answered, room, 0);
  require(got >= 0 && room > 0, "recv");
  upload->answered += (size_t)got;
  if (got > 0) return 0;
  upload->answer[upload->answered] = 0;
  snprintf(number, sizeof number, "%lld", body_bytes);
  expect(strncmp(upload->answer, "HTTP/1.1 200", 12) == 0, "the answer is not 200");
  char *body = strstr(upload->answer, "\r\n\r\n");
  expect(body != NULL && strstr(body, number) != NULL, "the answer names another size");
  return 1;
}

int main(int count, char **words) {
  expect(count == 6, "usage: push PORT PATH BODY_BYTES CONNECTIONS SECONDS");
  static struct pollfd polled[CONNECTIONS_LIMIT];
  static struct upload uploads[CONNECTIONS_LIMIT];
  port = atoi(words[1]);
  path = words[2];
  body_bytes = atoll(words[3]);
  int connections = atoi(words[4]), open = connections;
  expect(connections >= 1 && connections <= CONNECTIONS_LIMIT, "1 to 1024 connections");
  long long answers = 0;
  double started = now(), deadline = started + atof(words[5]);
  for (int i = 0; i < connections; i++) polled[i] = start(&uploads[i]);
  while (open > 0) {
    expect(poll(polled, (nfds_t)connections, 10000) > 0, "stalled");
    for (int i = 0; i < connections; i++) {
      if (polled[i].revents == 0) continue;
      if (uploads[i].left > 0) {
        push(&polled[i], &uploads[i]);
      } else if (read_answer(polled[i].fd, &uploads[i])) {
        answers++;
        close(polled[i].fd);
        if (now() < deadline) {
          polled[i] = start(&uploads[i]);
        } else {
          polled[i].fd = -1;  // poll() passes over a negative descriptor
          open--;
        }
      }
    }
  }
  print_work(answers * body_bytes, now() - started);
}
