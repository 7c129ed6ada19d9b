// idle PORT PATH CONNECTIONS: opens so many keep-alive connections, asks once on each, prints the
// count and seconds, and holds them until stdin closes.
#define _GNU_SOURCE
#include "tcp.h"

// Reads one whole answer, so that nothing of it waits in the server while memory is measured.
static void read_answer(int fd) {
  char answer[16384];
  size_t got = 0, wanted = 0;
  do {
    ssize_t more = recv(fd, answer + got, sizeof answer - 1 - got, 0);
    expect(more > 0, "no answer");
    got += (size_t)more;
    answer[got] = 0;
    char *end = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "\r\ncontent-length:");
    if (end == NULL) continue;
    expect(length != NULL && length < end, "an answer without Content-Length");
    wanted = (size_t)(end + 4 - answer) + (size_t)atoll(length + 17);
    expect(wanted < sizeof answer, "the answer is too long");
  } while (wanted == 0 || got < wanted);
  expect(strncmp(answer, "HTTP/1.1 200", 12) == 0, "the answer is not 200");
}

int main(int count, char **words) {
  expect(count == 4, "usage: idle PORT PATH CONNECTIONS");
  char request[1024], input[64];
  int port = atoi(words[1]), connections = atoi(words[3]);
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
                        words[2], port);
  double started = now();
  for (int i = 0; i < connections; i++) {
    int fd = connect_loopback(port);
    send_all(fd, request, (size_t)length);
    read_answer(fd);
  }
  print_work(connections, now() - started);
  while (read(STDIN_FILENO, input, sizeof input) > 0) {
  }
}
