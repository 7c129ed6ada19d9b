// Listening sockets as the kernel knows them. uWebSockets gives no descriptor and Node has no call for
// most options, so sockets are found by their port among the descriptors of the process and asked by
// the C library itself, which koffi calls without native code of ours.
import { fstatSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'

import type * as Koffi from 'koffi'

/** What is used of koffi. */
export type ForeignFunctions = Pick<typeof Koffi, 'load' | 'errno'>

/** Level and name of each option, as Linux numbers them on x86-64 and arm64 (asm-generic/socket.h, linux/tcp.h). */
const socketOptions = {
  SO_RCVBUF: [1, 8],
  SO_KEEPALIVE: [1, 9],
  SO_REUSEPORT: [1, 15],
  SO_ACCEPTCONN: [1, 30],
  TCP_NODELAY: [6, 1],
  TCP_KEEPIDLE: [6, 4],
  TCP_KEEPINTVL: [6, 5],
  TCP_KEEPCNT: [6, 6],
  TCP_DEFER_ACCEPT: [6, 9],
  TCP_INFO: [6, 11],
  TCP_FASTOPEN: [6, 23],
} as const satisfies Readonly<Record<string, readonly [level: number, name: number]>>

/** An option by the name the manual has for it. */
export type SocketOptionName = keyof typeof socketOptions

// fcntl.h
const duplicateCloseOnExec = 1030
// Address families with ports, and the size of sockaddr_storage (sys/socket.h).
const internetFamilies = new Set([2, 10])
const addressBytes = 128
// struct tcp_info: eight bytes, then 32-bit fields, of which the sixth, tcpi_sacked, is at byte 28. On
// a listening socket it is the backlog and tcpi_unacked before it the queue (tcp_get_info in the kernel).
const infoBytes = 32
const backlogIndex = 7

/** A function of the C library; below 0 is an error. */
type Call<Values extends unknown[]> = (...values: Values) => number

/** The calls of the C library that work on sockets, in the thread that made this. */
export class SocketCalls {
  readonly #koffi: ForeignFunctions
  readonly #getsockopt: Call<
    [fd: number, level: number, name: number, value: Int32Array, length: Uint32Array]
  >
  readonly #setsockopt: Call<
    [fd: number, level: number, name: number, value: Int32Array, length: number]
  >
  readonly #getsockname: Call<[fd: number, address: Buffer, length: Uint32Array]>
  readonly #fcntl: Call<[fd: number, command: number, type: 'int', value: number]>
  readonly #listen: Call<[fd: number, backlog: number]>
  readonly #close: Call<[fd: number]>
  readonly #value = new Int32Array(infoBytes / Int32Array.BYTES_PER_ELEMENT)
  readonly #length = new Uint32Array(1)
  readonly #address = Buffer.alloc(addressBytes)

  /** Throws where the process does not have these functions. */
  constructor(koffi: ForeignFunctions) {
    this.#koffi = koffi
    const library = koffi.load(null)
    this.#getsockopt = library.func(
      'int getsockopt(int fd, int level, int name, void *value, void *length)',
    )
    this.#setsockopt = library.func(
      'int setsockopt(int fd, int level, int name, void *value, uint32_t length)',
    )
    this.#getsockname = library.func('int getsockname(int fd, void *address, void *length)')
    this.#fcntl = library.func('int fcntl(int fd, int command, ...)')
    this.#listen = library.func('int listen(int fd, int backlog)')
    this.#close = library.func('int close(int fd)')
  }

  /**
   * Shows each listening TCP socket among the descriptors, for the time of a call of `look`. It is a
   * duplicate: all threads open and close descriptors in one table, so that a number may be another
   * socket's a moment later, while a duplicate stays what it was when it was looked at. A socket may come
   * twice, when another thread looks at the same time. Throws when there are no descriptors left.
   */
  visit(fds: readonly number[], look: (socket: ListeningSocket) => void): void {
    for (const fd of fds) {
      const own = this.#listens(fd) ? this.#duplicate(fd) : undefined
      if (own === undefined) continue
      try {
        const port = this.#listens(own) ? this.#portOf(own) : undefined
        if (port !== undefined) look(new ListeningSocket(this, own, port))
      } finally {
        // At once: a socket another thread closes meanwhile goes on listening until we let go of it.
        this.#close(own)
      }
    }
  }

  /** The first number of an option's value, with its errors by their names. */
  read(fd: number, name: SocketOptionName): number {
    this.#ask(fd, name, Int32Array.BYTES_PER_ELEMENT)
    return this.#value[0] ?? 0
  }

  /** How many connections a listening socket may queue, as TCP_INFO has it. */
  readBacklog(fd: number): number {
    this.#ask(fd, 'TCP_INFO', infoBytes)
    if ((this.#length[0] ?? 0) < infoBytes) throw new Error('getsockopt TCP_INFO: cut short')
    return this.#value[backlogIndex] ?? 0
  }

  write(fd: number, name: SocketOptionName, value: number): void {
    const [level, number] = socketOptions[name]
    this.#value[0] = value
    const size = Int32Array.BYTES_PER_ELEMENT
    if (this.#setsockopt(fd, level, number, this.#value, size) === 0) return
    throw new Error(`setsockopt ${name}: ${this.#error()}`)
  }

  /** On a socket that listens already, changes its backlog and nothing else. */
  listen(fd: number, backlog: number): void {
    if (this.#listen(fd, backlog) !== 0) throw new Error(`listen: ${this.#error()}`)
  }

  #ask(fd: number, name: SocketOptionName, sizeBytes: number): void {
    const [level, number] = socketOptions[name]
    this.#length[0] = sizeBytes
    if (this.#getsockopt(fd, level, number, this.#value, this.#length) === 0) return
    throw new Error(`getsockopt ${name}: ${this.#error()}`)
  }

  // Undefined when the number is free by now.
  #duplicate(fd: number): number | undefined {
    const own = this.#fcntl(fd, duplicateCloseOnExec, 'int', 0)
    if (own >= 0) return own
    const error = this.#error()
    if (error === 'EBADF') return undefined
    throw new Error(`fcntl F_DUPFD_CLOEXEC: ${error}`)
  }

  // Of anything that is no socket the kernel says ENOTSOCK, of a number that is free EBADF.
  #listens(fd: number): boolean {
    const [level, number] = socketOptions.SO_ACCEPTCONN
    this.#length[0] = Int32Array.BYTES_PER_ELEMENT
    return (
      this.#getsockopt(fd, level, number, this.#value, this.#length) === 0 && this.#value[0] === 1
    )
  }

  // sockaddr_in and sockaddr_in6 both begin with the family, in the order of the processor (which is
  // little-endian here), and the port, in that of the network.
  #portOf(fd: number): number | undefined {
    this.#length[0] = addressBytes
    if (this.#getsockname(fd, this.#address, this.#length) !== 0) return undefined
    const family = this.#address.readUInt16LE(0)
    return internetFamilies.has(family) ? this.#address.readUInt16BE(2) : undefined
  }

  // To be called right after what failed: the next call of anything may change it.
  #error(): string {
    return getSystemErrorName(-this.#koffi.errno())
  }
}

/** A listening socket while it is shown. All methods throw what the kernel refuses. */
export class ListeningSocket {
  readonly port: number
  readonly #calls: SocketCalls
  readonly #fd: number

  constructor(calls: SocketCalls, fd: number, port: number) {
    this.#calls = calls
    this.#fd = fd
    this.port = port
  }

  /** The same for all descriptors of one socket. */
  get inode(): number {
    return fstatSync(this.#fd).ino
  }

  /** How many connections it may queue. */
  get backlog(): number {
    return this.#calls.readBacklog(this.#fd)
  }

  set backlog(backlog: number) {
    this.#calls.listen(this.#fd, backlog)
  }

  read(name: SocketOptionName): number {
    return this.#calls.read(this.#fd, name)
  }

  write(name: SocketOptionName, value: number): void {
    this.#calls.write(this.#fd, name, value)
  }
}
