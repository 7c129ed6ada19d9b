// Listening sockets as the kernel knows them. uWebSockets gives no descriptor and Node has no call for most options. So
// sockets are found by their port among the descriptors of the process, and the C library is called for their options,
// by koffi and without native code of ours.
import { fstatSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'

import type * as Koffi from 'koffi'

import {
  type SocketOptionName,
  addressBytes,
  duplicateCloseOnExec,
  families,
  filterProgram,
  inProgress,
  memoryInfo,
  socketOptions,
  streamNonblockCloseOnExec,
  tcpInfo,
} from './kernel-numbers.ts'

/** The part of koffi that is used. */
export type ForeignFunctions = Pick<typeof Koffi, 'load' | 'errno' | 'address'>

/** Where a socket listens. */
interface SocketAddress {
  readonly family: number
  readonly port: number
}

/** A function of the C library; below 0 is an error. */
type Call<Values extends unknown[]> = (...values: Values) => number

/** The calls of the C library that work on sockets, in the thread that made this. */
export class SocketCalls {
  readonly #koffi: ForeignFunctions
  readonly #getsockopt: Call<
    [fd: number, level: number, name: number, value: Int32Array, length: Uint32Array]
  >
  readonly #setsockopt: Call<
    [fd: number, level: number, name: number, value: Int32Array | Buffer, length: number]
  >
  readonly #getsockname: Call<[fd: number, address: Buffer, length: Uint32Array]>
  readonly #socket: Call<[family: number, type: number, protocol: number]>
  readonly #connect: Call<[fd: number, address: Buffer, length: number]>
  readonly #fcntl: Call<[fd: number, command: number, type: 'int', value: number]>
  readonly #listen: Call<[fd: number, backlog: number]>
  readonly #close: Call<[fd: number]>
  readonly #value = new Int32Array(memoryInfo.bytes / Int32Array.BYTES_PER_ELEMENT)
  readonly #length = new Uint32Array(1)
  readonly #address = Buffer.alloc(addressBytes.most)

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
    this.#socket = library.func('int socket(int family, int type, int protocol)')
    this.#connect = library.func('int connect(int fd, void *address, uint32_t length)')
    this.#getsockname = library.func('int getsockname(int fd, void *address, void *length)')
    this.#fcntl = library.func('int fcntl(int fd, int command, ...)')
    this.#listen = library.func('int listen(int fd, int backlog)')
    this.#close = library.func('int close(int fd)')
  }

  /**
   * Passes each listening TCP socket among the descriptors to `look`, and closes its duplicate afterwards. A socket may
   * come twice, when another thread looks at the same time. Throws when there are no descriptors left.
   */
  visit(fds: readonly number[], look: (socket: ListeningSocket) => void): void {
    for (const fd of fds) {
      const socket = this.hold(fd)
      if (socket === undefined) continue
      try {
        look(socket)
      } finally {
        socket.close()
      }
    }
  }

  /**
   * The listening TCP socket that a descriptor is, or undefined when it is something else. What is returned is a
   * duplicate: all threads open and close descriptors in one table, so that a number may be another socket's a
   * moment later, while a duplicate stays what it was when it was looked at. The caller closes it: until then the
   * socket goes on listening, even if its owner has closed it. Throws when there are no descriptors left.
   */
  hold(fd: number): ListeningSocket | undefined {
    const own = this.#listens(fd) ? this.#duplicate(fd) : undefined
    if (own === undefined) return undefined
    const address = this.#listens(own) ? this.#addressOf(own) : undefined
    if (address !== undefined) return new ListeningSocket(this, own, { ...address, descriptor: fd })
    this.#close(own)
    return undefined
  }

  /** The first number of an option's value; errors carry their names. */
  read(fd: number, name: SocketOptionName): number {
    this.#ask(fd, name, Int32Array.BYTES_PER_ELEMENT)
    return this.#value[0] ?? 0
  }

  /** How many connections a listening socket may queue, as TCP_INFO has it. */
  readBacklog(fd: number): number {
    this.#ask(fd, 'TCP_INFO', tcpInfo.bytes)
    if ((this.#length[0] ?? 0) < tcpInfo.bytes) throw new Error('getsockopt TCP_INFO: cut short')
    return this.#value[tcpInfo.backlogIndex] ?? 0
  }

  /** How many connections a listening socket has queued, as TCP_INFO has it. */
  readQueue(fd: number): number {
    this.#ask(fd, 'TCP_INFO', tcpInfo.bytes)
    return this.#value[tcpInfo.queueIndex] ?? 0
  }

  /** How many packets the kernel has dropped at a socket. */
  readDrops(fd: number): number {
    this.#ask(fd, 'SO_MEMINFO', memoryInfo.bytes)
    return this.#value[memoryInfo.dropsIndex] ?? 0
  }

  write(fd: number, name: SocketOptionName, value: number): void {
    const [level, number] = socketOptions[name]
    this.#value[0] = value
    const size = Int32Array.BYTES_PER_ELEMENT
    if (this.#setsockopt(fd, level, number, this.#value, size) === 0) return
    throw new Error(`setsockopt ${name}: ${this.#error()}`)
  }

  /** Makes a classic BPF program choose the socket of the SO_REUSEPORT group that this socket is in. */
  attach(fd: number, program: Buffer): void {
    const [level, number] = socketOptions.SO_ATTACH_REUSEPORT_CBPF
    const value = Buffer.alloc(filterProgram.bytes)
    value.writeUInt16LE(program.length / filterProgram.instructionBytes, 0)
    value.writeBigUInt64LE(this.#koffi.address(program), filterProgram.addressAt)
    if (this.#setsockopt(fd, level, number, value, filterProgram.bytes) === 0) return
    throw new Error(`setsockopt SO_ATTACH_REUSEPORT_CBPF: ${this.#error()}`)
  }

  /**
   * Sends one SYN with a hop limit of 1 to the address of a listening socket and does not wait for an answer. For a
   * wildcard address, which connect(2) takes for loopback, it goes over IPv4: a socket on `::` takes that too, and
   * loopback may have no IPv6.
   */
  knock(fd: number): void {
    const family = this.#addressOf(fd)?.family
    if (family === undefined) throw new Error('the socket has no address')
    const hasAddress6 = this.#address.subarray(8, 24).some((byte) => byte !== 0)
    const kind = family === families.internet6 && hasAddress6 ? 'internet6' : 'internet4'
    // Where sockaddr_in has its address, sockaddr_in6 has flow information, which is 0.
    this.#address.writeUInt16LE(families[kind], 0)
    const own = this.#socket(families[kind], streamNonblockCloseOnExec, 0)
    if (own < 0) throw new Error(`socket: ${this.#error()}`)
    try {
      this.write(own, kind === 'internet6' ? 'IPV6_UNICAST_HOPS' : 'IP_TTL', 1)
      const isOver = this.#connect(own, this.#address, addressBytes[kind]) === 0
      if (isOver || this.#koffi.errno() === inProgress) return
      throw new Error(`connect: ${this.#error()}`)
    } finally {
      this.#close(own)
    }
  }

  close(fd: number): void {
    this.#close(fd)
  }

  /** On a socket that already listens, changes its backlog and nothing else. */
  listen(fd: number, backlog: number): void {
    if (this.#listen(fd, backlog) !== 0) throw new Error(`listen: ${this.#error()}`)
  }

  #ask(fd: number, name: SocketOptionName, sizeBytes: number): void {
    const [level, number] = socketOptions[name]
    this.#length[0] = sizeBytes
    if (this.#getsockopt(fd, level, number, this.#value, this.#length) === 0) return
    throw new Error(`getsockopt ${name}: ${this.#error()}`)
  }

  // Undefined when the descriptor has been closed in the meantime.
  #duplicate(fd: number): number | undefined {
    const own = this.#fcntl(fd, duplicateCloseOnExec, 'int', 0)
    if (own >= 0) return own
    const error = this.#error()
    if (error === 'EBADF') return undefined
    throw new Error(`fcntl F_DUPFD_CLOEXEC: ${error}`)
  }

  // For anything that is not a socket the kernel says ENOTSOCK, for a closed descriptor EBADF.
  #listens(fd: number): boolean {
    const [level, number] = socketOptions.SO_ACCEPTCONN
    this.#length[0] = Int32Array.BYTES_PER_ELEMENT
    return (
      this.#getsockopt(fd, level, number, this.#value, this.#length) === 0 && this.#value[0] === 1
    )
  }

  // sockaddr_in and sockaddr_in6 both begin with the family in the processor's byte order (little-endian here), and the
  // port in network byte order.
  #addressOf(fd: number): SocketAddress | undefined {
    this.#length[0] = addressBytes.most
    if (this.#getsockname(fd, this.#address, this.#length) !== 0) return undefined
    const family = this.#address.readUInt16LE(0)
    const port = this.#address.readUInt16BE(2)
    const isInternet = family === families.internet4 || family === families.internet6
    return isInternet ? { family, port } : undefined
  }

  // Call it right after the call that failed: any other call may change errno.
  #error(): string {
    return getSystemErrorName(-this.#koffi.errno())
  }
}

/** A listening socket until it is closed here. All methods throw what the kernel refuses. */
export class ListeningSocket {
  readonly port: number
  /** The descriptor it was found by, which is its owner's. */
  readonly descriptor: number
  readonly #calls: SocketCalls
  readonly #fd: number
  readonly #family: number

  constructor(
    calls: SocketCalls,
    fd: number,
    { family, port, descriptor }: SocketAddress & { readonly descriptor: number },
  ) {
    this.#calls = calls
    this.#fd = fd
    this.#family = family
    this.port = port
    this.descriptor = descriptor
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

  /** How many connections it has queued. */
  get queue(): number {
    return this.#calls.readQueue(this.#fd)
  }

  /** How many packets the kernel has dropped at it. */
  get drops(): number {
    return this.#calls.readDrops(this.#fd)
  }

  /** Makes the kernel drop packets with a lower hop limit (TTL) than this; 0 accepts all. */
  set leastHopLimit(limit: number) {
    this.write('IP_MINTTL', limit)
    if (this.#family === families.internet6) this.write('IPV6_MINHOPCOUNT', limit)
  }

  read(name: SocketOptionName): number {
    return this.#calls.read(this.#fd, name)
  }

  write(name: SocketOptionName, value: number): void {
    this.#calls.write(this.#fd, name, value)
  }

  /** See `SocketCalls.attach`. */
  attach(program: Buffer): void {
    this.#calls.attach(this.#fd, program)
  }

  /** See `SocketCalls.knock`. */
  knock(): void {
    this.#calls.knock(this.#fd)
  }

  /** Closes this duplicate. */
  close(): void {
    this.#calls.close(this.#fd)
  }
}
