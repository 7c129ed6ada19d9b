import type { Socket } from 'node:net'

import type { Buffered } from '../../budgets/buffered.ts'
import type { Intake } from './connection.ts'

/** What the feed needs to know about its connection. */
export interface Fed {
  /** Nothing more is read for now. */
  readonly isHeld: boolean
  /** Requests that are not answered yet. */
  readonly active: number
  /** Whether what comes next belongs to the body of the last request. */
  readonly isInBody: boolean
}

/** What a feed asks for and reports. */
export interface FeedOptions {
  readonly buffered: Buffered
  readonly fed: () => Fed
  /** Bytes have come, and are not with the parser yet. */
  readonly onRead: () => void
  /** The bytes that were held back have been parsed. */
  readonly onDrained: () => void
}

// A piece that was read may hold 1,300 pipelined requests, and the parser goes to the end of what it is given: 13 MiB
// of objects for each connection. So it is given parts: as small as a request while clients' bytes are many.
const partBytes = 4096
const smallPartBytes = 256
const bodyPartBytes = 16 * 1024

/**
 * Gives what arrives on a connection of HTTP/1 to Node's parser, in parts, and stops in between when too many requests
 * wait for their answers, on this connection or on all.
 */
export class Feed implements Intake {
  readonly #socket: Socket
  readonly #parse: (bytes: Buffer) => void
  readonly #fed: () => Fed
  readonly #onRead: () => void
  readonly #onDrained: () => void
  readonly #buffered: Buffered
  #rest: Buffer | undefined
  #isFeeding = false
  #isDetached = false

  /** Replaces the listener that Node's server has put on `socket`. */
  constructor(socket: Socket, { buffered, fed, onRead, onDrained }: FeedOptions) {
    const listeners = socket.listeners('data') as ((bytes: Buffer) => void)[]
    const parse = listeners.at(-1)
    if (parse === undefined) throw new TypeError('the server does not listen to this socket')
    socket.removeListener('data', parse)
    this.#socket = socket
    this.#parse = parse
    this.#buffered = buffered
    this.#fed = fed
    this.#onRead = onRead
    this.#onDrained = onDrained
    socket.on('data', this.#arrive)
    // Reading a body resumes its socket, whatever else is held back on it.
    socket.on('resume', this.#resumed)
  }

  /** The connection is no longer the parser's. What was read and not parsed goes back to the socket. */
  detach(): void {
    this.#isDetached = true
    this.#socket.removeListener('data', this.#arrive)
    this.#socket.removeListener('resume', this.#resumed)
    if (!this.#isFeeding) this.#giveBack()
  }

  /** Whether something that was read is not parsed yet. */
  get hasRest(): boolean {
    return this.#rest !== undefined
  }

  setTimeout(ms: number): void {
    this.#socket.setTimeout(ms)
  }

  pause(): void {
    this.#socket.pause()
  }

  /** Continues where it stopped. */
  resume(): void {
    const rest = this.#rest
    this.#rest = undefined
    if (rest !== undefined) this.#take(rest)
    if (this.#isDetached) return
    if (rest !== undefined && this.#rest === undefined) this.#onDrained()
    if (this.#rest === undefined && !this.#isFeeding) this.#socket.resume()
  }

  readonly #resumed = (): void => {
    if (this.#isFull()) this.#socket.pause()
    else if (this.#rest !== undefined) this.resume()
  }

  readonly #arrive = (bytes: Buffer): void => {
    this.#onRead()
    this.#take(bytes)
  }

  readonly #take = (bytes: Buffer): void => {
    if (this.#isFeeding) return void (this.#rest = join(this.#rest, bytes))
    this.#isFeeding = true
    let at = 0
    while (at < bytes.length && !this.#socket.destroyed) {
      if (this.#isDetached || this.#isFull()) {
        this.#rest = join(bytes.subarray(at), this.#rest)
        if (!this.#isDetached) this.#socket.pause()
        break
      }
      const end = Math.min(bytes.length, at + this.#partBytes())
      this.#parse.call(
        this.#socket,
        at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end),
      )
      at = end
    }
    this.#isFeeding = false
    if (this.#isDetached) this.#giveBack()
  }

  // After what the parser itself has given back.
  #giveBack(): void {
    if (this.#rest !== undefined) this.#socket.push(this.#rest)
    this.#rest = undefined
  }

  // When no read is in progress one must be started, or none would ever follow.
  #isFull(): boolean {
    if (isPausedByServer(this.#socket)) return true
    const { isHeld, active, isInBody } = this.#fed()
    if (isInBody || active === 0) return false
    return isHeld || this.#buffered.isShort
  }

  #partBytes(): number {
    if (this.#fed().isInBody) return bodyPartBytes
    return this.#buffered.isShort ? smallPartBytes : partBytes
  }
}

function join(first: Buffer | undefined, last: Buffer | undefined): Buffer | undefined {
  if (first === undefined || last === undefined) return first ?? last
  return Buffer.concat([first, last])
}

// Node's server pauses a socket whose answers are not read, resumes it when they are, and asserts that its parser is
// given nothing in between (socketOnData and updateOutgoingData in _http_server.js): a failed assertion ends us.
function isPausedByServer(socket: Socket & { readonly _paused?: boolean }): boolean {
  return socket._paused === true
}
