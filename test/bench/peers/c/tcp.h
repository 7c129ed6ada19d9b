// What the C peers share: loopback sockets, whole sends, a clock, and giving up with a sentence.
#ifndef TCP_H
#define TCP_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// A call of the kernel that must succeed.
static inline void require(int fact, const char *call) {
  if (fact) return;
  fprintf(stderr, "%s: %s\n", call, strerror(errno));
  exit(1);
}

// Something the other side, or the command line, must fulfil.
static inline void expect(int fact, const char *otherwise) {
  if (fact) return;
  fprintf(stderr, "%s\n", otherwise);
  exit(1);
}

static inline double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static inline int connect_loopback(int port) {
  struct sockaddr_in address = loopback(port);
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  require(fd >= 0, "socket");
  require(connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

static inline void send_all(int fd, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
    require(sent > 0, "send");
    bytes += sent;
    count -= (size_t)sent;
  }
}

// Every client ends with this line: what it got done, and the time that took.
static inline void print_work(long long done, double seconds) {
  printf("{\"done\":%lld,\"seconds\":%.6f}\n", done, seconds);
  fflush(stdout);
}

#endif
