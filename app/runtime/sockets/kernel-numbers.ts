// Numbers of the Linux headers, and where a value stands in a structure.

/**
 * Level and name of each option, as Linux numbers them on x86-64 and arm64 (asm-generic/socket.h, linux/in.h,
 * linux/in6.h, linux/tcp.h).
 */
export const socketOptions = {
  IP_TTL: [0, 2],
  IP_MINTTL: [0, 21],
  SO_RCVBUF: [1, 8],
  SO_KEEPALIVE: [1, 9],
  SO_REUSEPORT: [1, 15],
  SO_ACCEPTCONN: [1, 30],
  SO_ATTACH_REUSEPORT_CBPF: [1, 51],
  SO_MEMINFO: [1, 55],
  SO_DETACH_REUSEPORT_BPF: [1, 68],
  TCP_NODELAY: [6, 1],
  TCP_KEEPIDLE: [6, 4],
  TCP_KEEPINTVL: [6, 5],
  TCP_KEEPCNT: [6, 6],
  TCP_DEFER_ACCEPT: [6, 9],
  TCP_INFO: [6, 11],
  TCP_FASTOPEN: [6, 23],
  IPV6_UNICAST_HOPS: [41, 16],
  IPV6_MINHOPCOUNT: [41, 73],
} as const satisfies Readonly<Record<string, readonly [level: number, name: number]>>

/** An option by its name in the manual. */
export type SocketOptionName = keyof typeof socketOptions

/** F_DUPFD_CLOEXEC (fcntl.h). */
export const duplicateCloseOnExec = 1030

/** Address families with ports (sys/socket.h). */
export const families = { internet4: 2, internet6: 10 } as const

/** Sizes of sockaddr_storage, sockaddr_in and sockaddr_in6. */
export const addressBytes = { most: 128, internet4: 16, internet6: 28 } as const

/** SOCK_STREAM, SOCK_NONBLOCK and SOCK_CLOEXEC. */
export const streamNonblockCloseOnExec = 1 | 0o4000 | 0o2000000

/** EINPROGRESS, which libuv does not name. */
export const inProgress = 115

/**
 * struct tcp_info: eight bytes, then 32-bit fields, of which the sixth, tcpi_sacked, is at byte 28. On
 * a listening socket it is the backlog and tcpi_unacked before it the queue (tcp_get_info in the kernel).
 */
export const tcpInfo = { bytes: 32, queueIndex: 6, backlogIndex: 7 } as const

/** SO_MEMINFO is nine 32-bit fields (linux/sock_diag.h); the last is sk_drops. */
export const memoryInfo = { bytes: 36, dropsIndex: 8 } as const

/** struct sock_fprog: a 16-bit count of instructions, and after padding their address. */
export const filterProgram = { bytes: 16, addressAt: 8, instructionBytes: 8 } as const
