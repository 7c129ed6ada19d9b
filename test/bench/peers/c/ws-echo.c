// ws-echo PORT PATH MESSAGE_BYTES CONNECTIONS IN_FLIGHT SECONDS: sends masked binary messages and
// counts their echoes, keeping so many of them in flight on each connection. Prints messages and
// seconds.
#include "tcp.h"

#define CONNECTIONS_LIMIT 1024
#define IN_FLIGHT_LIMIT 64
#define MESSAGE_LIMIT 4096

static char frames[IN_FLIGHT_LIMIT * (MESSAGE_LIMIT + 8)];
static char input[256 << 10];
static size_t sent_bytes;   // one message with its client frame header
static size_t echo_bytes;   // the same as it comes back, unmasked
static unsigned char echo_head[2];

static void upgrade(int fd, const char *path, int port) {
  char text[1024];
  size_t got = 0;
  int length = snprintf(text, sizeof text,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\n"
                        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                        path, port);
  send_all(fd, text, (size_t)length);
  do {
    ssize_t more = recv(fd, text + got, sizeof text - 1 - got, 0);
    expect(more > 0, "no answer to the handshake");
    got += (size_t)more;
    text[got] = 0;
  } while (strstr(text, "\r\n\r\n") == NULL);
  expect(strncmp(text, "HTTP/1.1 101", 12) == 0, "the handshake was refused");
}

// RFC 6455 5.2: binary, final, masked; lengths above 125 take two more bytes.
static void make_frames(size_t message_bytes) {
  const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
  char *end = frames;
  for (int i = 0; i < IN_FLIGHT_LIMIT; i++) {
    *end++ = (char)0x82;
    *end++ = (char)(0x80 | (message_bytes < 126 ? message_bytes : 126));
    if (message_bytes >= 126) {
      *end++ = (char)(message_bytes >> 8);
      *end++ = (char)message_bytes;
    }
    memcpy(end, mask, 4);
    end += 4;
    for (size_t j = 0; j < message_bytes; j++) *end++ = (char)('A' ^ mask[j & 3]);
    if (i == 0) sent_bytes = (size_t)(end - frames);
  }
  echo_bytes = sent_bytes - 4;
  echo_head[0] = 0x82;
  echo_head[1] = (unsigned char)(message_bytes < 126 ? message_bytes : 126);
}

// Takes what has come and answers each whole echo with the next message. `partial` is how much of
// an unfinished echo was there before; only the position matters, the bytes are dropped.
static long take_echoes(int fd, size_t *partial) {
  ssize_t got = recv(fd, input, sizeof input, 0);
  expect(got > 0, "the server closed");
  for (size_t at = *partial == 0 ? 0 : echo_bytes - *partial; at + 2 <= (size_t)got;
       at += echo_bytes) {
    expect(memcmp(input + at, echo_head, 2) == 0, "not the echo of the message");
  }
  size_t bytes = *partial + (size_t)got;
  long echoes = (long)(bytes / echo_bytes);
  *partial = bytes % echo_bytes;
  if (echoes > 0) send_all(fd, frames, (size_t)echoes * sent_bytes);
  return echoes;
}

int main(int count, char **words) {
  expect(count == 7, "usage: ws-echo PORT PATH MESSAGE_BYTES CONNECTIONS IN_FLIGHT SECONDS");
  static struct pollfd polled[CONNECTIONS_LIMIT];
  static size_t partial[CONNECTIONS_LIMIT];
  int port = atoi(words[1]), message_bytes = atoi(words[3]), connections = atoi(words[4]);
  int in_flight = atoi(words[5]);
  expect(message_bytes >= 1 && message_bytes <= MESSAGE_LIMIT, "1 to 4096 bytes");
  expect(connections >= 1 && connections <= CONNECTIONS_LIMIT, "1 to 1024 connections");
  expect(in_flight >= 1 && in_flight <= IN_FLIGHT_LIMIT, "1 to 64 in flight");
  make_frames((size_t)message_bytes);
  for (int i = 0; i < connections; i++) {
    polled[i] = (struct pollfd){.fd = connect_loopback(port), .events = POLLIN};
    upgrade(polled[i].fd, words[2], port);
  }
  long long messages = 0;
  double started = now(), deadline = started + atof(words[6]);
  for (int i = 0; i < connections; i++) {
    send_all(polled[i].fd, frames, (size_t)in_flight * sent_bytes);
  }
  while (now() < deadline) {
    expect(poll(polled, (nfds_t)connections, 10000) > 0, "stalled");
    for (int i = 0; i < connections; i++) {
      if (polled[i].revents != 0) messages += take_echoes(polled[i].fd, &partial[i]);
    }
  }
  print_work(messages, now() - started);
}
