import type { Buffered, Holder } from '../../budgets/buffered.ts'
import type { Origin } from '../../endpoints/endpoint.ts'
import type { TcpConversation, TcpEndpoint, TcpReply } from '../../endpoints/tcp/tcp-endpoint.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { Plan } from '../../traffic/faults/plan.ts'
import type { Payload } from '../../traffic/payload.ts'
import { BentConnection } from '../port/bent-connection.ts'
import { turnBytes } from '../port/turn.ts'
import { lingerMs, timerMs } from '../port/waits.ts'
import type { TcpStream } from './tcp-faults.ts'
import { type TcpTuning, planConnection } from './tcp-tuning.ts'

/** What one connection needs. */
export interface TcpConnectionOptions {
  readonly socket: TcpStream
  readonly row: TcpEndpoint
  readonly origin: Origin
  readonly slab: Slab
  readonly buffered: Buffered
  readonly tuning: TcpTuning
  /** Ends the connection by RST. */
  readonly reset: () => void
  readonly onClosed: () => void
  readonly onBug: (error: unknown) => void
}

// One write of a payload. What waits for a peer that does not read stays below this and one write more.
const queuedBytes = 256 * 1024

// A peer may send single bytes, and each one that waits costs some 400 bytes around it.
const queuedWrites = 64

/**
 * One connection of a TCP endpoint: writes what the row answers, reads on when that is on its way, and enforces the
 * limits.
 *
 * Copies: a payload is written from the shared block (0.2 s of CPU a GB). Node has no splice, so an echo goes through
 * the process, but the buffer that was read is the one that is written: 0.9-1.1 s a GB, where a Go io.Copy, which
 * splices, takes 0.3. Reading into one buffer that is kept (`onread`) would take 0.5-0.7; Node offers it for sockets
 * that connect, not for accepted ones, and an idle connection would keep 64 KiB. TLS copies in order to encrypt.
 */
export class TcpConnection implements Holder {
  readonly #options: TcpConnectionOptions
  readonly #socket: TcpStream
  readonly #conversation: TcpConversation
  readonly #plan: Plan
  /** Bytes this connection may still move, both ways together. */
  #left: number
  #received = 0
  /** The answers to what was read last; reading stops until they are written. */
  #replies: Iterator<TcpReply> | undefined
  #payload: Payload | undefined
  #offset = 0
  #writes = 0
  #isWaiting = false
  #hasPeerEnded = false
  #isEnding = false
  #isDraining = false
  #isLeaving = false
  #isActive = false
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(options: TcpConnectionOptions) {
    const { socket, row, origin, tuning } = options
    this.#options = options
    this.#socket = socket
    this.#conversation = row.converse(origin)
    this.#plan = planConnection(tuning)
    this.#left = tuning.connectionBytes
  }

  start(): void {
    const { row, tuning, reset } = this.#options
    const socket = this.#socket
    // A peer may reset at any time; 'close' follows.
    socket.on('error', () => {})
    socket.once('close', () => this.#close())
    if (this.#isResetDue()) return reset()
    if (tuning.idleMs > 0) socket.setTimeout(timerMs(tuning.idleMs))
    socket.on('timeout', () => this.#rest())
    if (tuning.connectionTimeMs > 0) this.#later(tuning.connectionTimeMs, () => this.#expire())
    socket.once('finish', () => this.#linger())
    socket.once('end', () => {
      this.#hasPeerEnded = true
      if (this.#replies === undefined) this.#guard(() => this.#finish())
    })
    if (this.#left === 0) this.#end()
    else if (row.isGreeting && tuning.greeting) {
      this.#answer([{ kind: 'bytes', bytes: Buffer.from(lineOf(tuning.greeting)) }])
    }
    socket.on('data', (bytes) => this.#guard(() => this.#receive(bytes)))
  }

  /** The origin is draining: from now on it waits until this connection has been ended. */
  drain(): void {
    this.#isDraining = true
    if (this.#socket instanceof BentConnection) this.#socket.hurry()
    this.#count()
  }

  /** Ends the connection by FIN after so long. */
  dismiss(ms: number): void {
    this.#later(ms, () => this.#leave())
  }

  /** Cuts the connection: it holds more than there is room for. */
  giveUp(): void {
    this.#options.slab.add('heldRefused', 1)
    this.#options.reset()
  }

  #holds(bytes: number): void {
    this.#options.buffered.hold(this, bytes)
  }

  #isResetDue(): boolean {
    return this.#received >= (this.#plan.resetAfterBytes ?? Number.POSITIVE_INFINITY)
  }

  #receive(bytes: Buffer): void {
    if (this.#isEnding) return
    const taken = Math.min(bytes.length, this.#left)
    this.#options.slab.add('bytesIn', taken)
    this.#left -= taken
    this.#received += taken
    if (this.#isResetDue()) return this.#options.reset()
    if (this.#left === 0) return this.#end()
    this.#answer(this.#conversation.receive(bytes))
  }

  #answer(replies: Iterable<TcpReply>): void {
    this.#replies = replies[Symbol.iterator]()
    this.#write()
  }

  /** Writes until all is written, the peer does not keep up, or the turn is over. */
  #write(): void {
    for (let turn = 0; turn < turnBytes;) {
      if (this.#isEnding || this.#socket.destroyed) return
      if (this.#isFull()) {
        this.#isWaiting = true
        this.#socket.pause()
        // A payload is written from the shared block.
        if (this.#payload === undefined) this.#holds(this.#socket.writableLength)
        return
      }
      const bytes = this.#next()
      if (bytes === undefined) return this.#readOn()
      this.#send(bytes)
      turn += bytes.length
    }
    // After its end a connection is read and its bytes are dropped.
    if (this.#isEnding) return
    this.#socket.pause()
    setImmediate(this.#writeOn)
  }

  readonly #writeOn = (): void => this.#guard(() => this.#write())

  #next(): Uint8Array | undefined {
    for (;;) {
      const payload = this.#payload
      if (payload !== undefined && this.#offset < payload.bytes) {
        const slice = payload.slice(this.#offset, queuedBytes)
        this.#offset += slice.length
        return slice
      }
      this.#follow(undefined)
      if (this.#isLeaving) return this.#end()
      const next = this.#replies?.next()
      if (next === undefined || next.done === true) return undefined
      if (next.value.kind === 'end') return this.#end()
      if (next.value.kind === 'bytes') return next.value.bytes
      this.#follow(next.value.payload)
    }
  }

  #follow(payload: Payload | undefined): void {
    this.#payload = payload
    this.#offset = 0
    this.#count()
  }

  #send(bytes: Uint8Array): void {
    const sent = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes
    this.#options.slab.add('bytesOut', sent.length)
    this.#left -= sent.length
    this.#writes++
    this.#socket.write(sent, this.#written)
    if (this.#left === 0) this.#end()
  }

  // Not at once: small answers are written in the same turn of the event loop, which would never end.
  readonly #written = (): void => {
    this.#writes--
    if (!this.#isWaiting || this.#isFull()) return
    this.#isWaiting = false
    this.#holds(0)
    setImmediate(this.#writeOn)
  }

  #isFull(): boolean {
    return this.#writes >= queuedWrites || this.#socket.writableLength >= queuedBytes
  }

  #readOn(): void {
    if (this.#isEnding) return
    this.#replies = undefined
    if (this.#hasPeerEnded) this.#finish()
    else if (this.#socket.isPaused()) this.#socket.resume()
  }

  /** The peer has ended, and has received all its answers except the last. */
  #finish(): void {
    if (this.#isEnding) return
    const last = this.#conversation.finish?.() ?? []
    this.#answer([...last, { kind: 'end' }])
  }

  /** Sends FIN after what was written; after that nothing is answered. */
  #end(): undefined {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#replies?.return?.()
    this.#follow(undefined)
    this.#socket.end()
    this.#socket.resume()
  }

  #leave(): void {
    this.#isLeaving = true
    const isPromised = this.#payload !== undefined && this.#payload.bytes !== Infinity
    if (!isPromised) this.#end()
  }

  /** No byte has moved for `tcp.idle`. A peer that does not even read what waits for it is cut. */
  #rest(): void {
    if (this.#isEnding || this.#socket.writableLength > 0) this.#socket.destroy()
    else this.#end()
  }

  #expire(): void {
    this.#end()
    this.#linger()
  }

  #linger(): void {
    if (!this.#socket.destroyed) this.#later(lingerMs, () => this.#socket.destroy())
  }

  #later(ms: number, then: () => void): void {
    this.#timers.add(setTimeout(then, timerMs(ms)))
  }

  /** Whether the drain waits for this connection: for a payload under way, and for its end. */
  #count(): void {
    const isActive = !this.#socket.closed && (this.#isDraining || this.#payload !== undefined)
    if (isActive !== this.#isActive) this.#options.slab.add('exchangesActive', isActive ? 1 : -1)
    this.#isActive = isActive
  }

  #close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#isEnding = true
    this.#holds(0)
    this.#replies?.return?.()
    this.#follow(undefined)
    this.#options.onClosed()
  }

  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#socket.destroy()
      this.#options.onBug(error)
    }
  }
}

function lineOf(greeting: string): string {
  const text = greeting.replaceAll(String.raw`\n`, '\n').replaceAll(String.raw`\r`, '\r')
  return /[\r\n]$/.test(text) ? text : `${text}\r\n`
}
