// send-loop PORT BYTES: answers every request with BYTES of body in send()s of 256 KiB, one
// connection at a time. It is the practical limit a download is compared with.
#include "tcp.h"

#define BLOCK_BYTES (256 << 10)

static char block[BLOCK_BYTES];

// One request a connection: a client that reads to the end needs no length to find it.
static void answer(int fd, long long bytes) {
  char text[4096];
  if (recv(fd, text, sizeof text, 0) <= 0) return;
  int head = snprintf(text, sizeof text,
                      "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                      "Content-Length: %lld\r\nConnection: close\r\n\r\n",
                      bytes);
  if (send(fd, text, (size_t)head, MSG_NOSIGNAL) < 0) return;
  while (bytes > 0) {
    size_t wanted = bytes < BLOCK_BYTES ? (size_t)bytes : BLOCK_BYTES;
    ssize_t sent = send(fd, block, wanted, MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes -= sent;
  }
}

int main(int count, char **words) {
  expect(count == 3, "usage: send-loop PORT BYTES");
  struct sockaddr_in address = loopback(atoi(words[1]));
  long long bytes = atoll(words[2]);
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  memset(block, 'A', sizeof block);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  require(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
  require(listen(listener, 16) == 0, "listen");
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    require(fd >= 0, "accept");
    answer(fd, bytes);
    close(fd);
  }
}
