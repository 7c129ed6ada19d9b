import { type Socket, connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Where requests go. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  /** Whether the certificate must be one that Node trusts. */
  readonly isStrict: boolean
}

/** Why no more bytes can be read: the peer's FIN, its RST, or our patience. */
export type Stop = 'fin' | 'reset' | 'timeout'

/** Thrown by readers when the bytes they wait for will not come. */
export class Stopped extends Error {
  readonly stop: Stop

  constructor(stop: Stop) {
    super(`the connection ended: ${stop}`)
    this.stop = stop
  }
}

// A proxy that never answers must not hold a run up; one on a busy machine needs seconds.
const connectMs = 10_000

/** A TCP or TLS connection byte by byte: nothing is repaired or hidden. Its peer may close one way only. */
export class Connection {
  readonly socket: Socket
  /** Of our side, as the peer sees it where nothing stands between: `127.0.0.1:40000`. */
  readonly localAddress: string
  #pieces: Buffer[] = []
  #waiting = 0
  #stop: Stop | undefined
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    this.localAddress = `${socket.localAddress}:${socket.localPort}`
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece)
      this.#waiting += piece.length
      this.#wake?.()
    })
    socket.once('end', () => this.#end('fin'))
    socket.on('error', () => this.#end('reset'))
    socket.once('close', () => this.#end('fin'))
  }

  /** Connects; rejects with Node's error, or after 10 s. */
  static async open({ host, port, isTls, isStrict }: Target): Promise<Connection> {
    const name = host.replace(/^\[|\]$/g, '')
    const options = { host: name, port, allowHalfOpen: true }
    const socket = isTls
      ? connectTls({ ...options, servername: name, rejectUnauthorized: isStrict })
      : connectTcp({ ...options, noDelay: true })
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection to ${host}:${port} within 10 s`)),
      connectMs,
    )
    await new Promise((resolve, reject) => {
      socket.once(isTls ? 'secureConnect' : 'connect', resolve)
      socket.once('error', reject)
    }).finally(() => clearTimeout(timer))
    return new Connection(socket)
  }

  /** How the peer ended it; undefined while it is open. */
  get stop(): Stop | undefined {
    return this.#stop
  }

  /** Text is sent as latin1, so that every byte can be written down. */
  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Sends bytes and resolves when the kernel has them. */
  async flush(bytes: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () =>
        resolve(),
      )
      // A peer that is gone takes nothing, and no callback may come.
      this.socket.once('close', () => resolve())
    })
  }

  /** Leaves with a FIN both ways. */
  close(): void {
    this.socket.destroy()
  }

  /** Leaves with an RST. */
  reset(): void {
    if ('resetAndDestroy' in this.socket) this.socket.resetAndDestroy()
    else this.close()
  }

  /** What has come, up to `most` bytes and at least one; throws Stopped. */
  async some(most: number, until: number): Promise<Buffer> {
    while (this.#waiting === 0) await this.#more(until)
    const first = this.#pieces[0] ?? Buffer.alloc(0)
    if (first.length <= most) {
      this.#pieces.shift()
      this.#waiting -= first.length
      return first
    }
    this.#pieces[0] = first.subarray(most)
    this.#waiting -= most
    return first.subarray(0, most)
  }

  /** The bytes up to the next LF, without it and a CR before it; throws Stopped, or RangeError past 1 MiB. */
  async line(until: number): Promise<string> {
    for (;;) {
      const whole = this.#whole()
      const at = whole.indexOf('\n')
      if (at !== -1) {
        const line = (await this.#take(at + 1, until)).toString('latin1', 0, at)
        return line.endsWith('\r') ? line.slice(0, -1) : line
      }
      if (whole.length > longestLine) throw new RangeError('a line of more than 1 MiB')
      await this.#more(until)
    }
  }

  /** Resolves to how the peer ended it, or `timeout`; what comes is kept. */
  async ended(until: number): Promise<Stop> {
    try {
      for (;;) await this.#more(until)
    } catch (error) {
      if (error instanceof Stopped) return error.stop
      throw error
    }
  }

  /** What has come and was not read. */
  rest(): Buffer {
    return this.#whole()
  }

  #whole(): Buffer {
    const [first, ...others] = this.#pieces
    if (first !== undefined && others.length === 0) return first
    const whole = Buffer.concat(this.#pieces)
    this.#pieces = whole.length === 0 ? [] : [whole]
    return whole
  }

  async #take(bytes: number, until: number): Promise<Buffer> {
    while (this.#waiting < bytes) await this.#more(until)
    const whole = this.#whole()
    this.#pieces = whole.length === bytes ? [] : [whole.subarray(bytes)]
    this.#waiting -= bytes
    return whole.subarray(0, bytes)
  }

  #end(stop: Stop): void {
    this.#stop ??= stop
    this.#wake?.()
  }

  async #more(until: number): Promise<void> {
    if (this.#stop !== undefined) throw new Stopped(this.#stop)
    const leftMs = until - performance.now()
    if (leftMs <= 0) throw new Stopped('timeout')
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, leftMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

const longestLine = 2 ** 20
