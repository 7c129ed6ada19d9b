import { type RawData, WebSocket } from 'ws'

import { Load, type LoadClient, type Pace, Refusal } from './load.ts'
import { within } from './wait.ts'

// A proxy and an origin on a loaded machine answer in milliseconds, or not at all.
const patienceMs = 10_000

const goingAway = 1001
const tryAgainLater = 1013

export interface WsLoadOptions extends Pace {
  readonly port: number
  /** Of each message, at least; a message says of which connection it is. */
  readonly bytes?: number
}

interface Tally {
  bytesRead: number
  connections: number
  told: number
  crossed: number
}

/**
 * WebSocket clients that say something, wait for its echo, and come back when they are told to with 1001. A message that
 * crosses the 1001 on its way has no echo (RFC 6455 5.5.1: nothing is sent after a close), and the client knows; 1013 is
 * a refusal; every other end, silence or text is a loss.
 */
export class WsLoad extends Load<Error> {
  readonly #tally: Tally

  constructor(options: WsLoadOptions) {
    const tally = { bytesRead: 0, connections: 0, told: 0, crossed: 0 }
    super(() => new WsClient(options, tally), options)
    this.#tally = tally
  }

  get bytesRead(): number {
    return this.#tally.bytesRead
  }

  get connections(): number {
    return this.#tally.connections
  }

  /** How often 1001 was what ended a connection. */
  get told(): number {
    return this.#tally.told
  }

  /** Messages that were on their way when 1001 came. */
  get crossed(): number {
    return this.#tally.crossed
  }
}

class WsClient implements LoadClient {
  readonly #options: WsLoadOptions
  readonly #tally: Tally
  #conversation: Conversation | undefined
  #place = 0
  #messages = 0
  #unanswered = 0

  constructor(options: WsLoadOptions, tally: Tally) {
    this.#options = options
    this.#tally = tally
  }

  async ask(): Promise<boolean> {
    try {
      const conversation = await this.#open()
      const said = `connection ${this.#place}, message ${++this.#messages}`
      const text = said.padEnd(this.#options.bytes ?? 0, '.')
      const isAnswered = await conversation.say(text)
      if (isAnswered) this.#tally.bytesRead += text.length
      else this.#unanswered++
      return isAnswered
    } catch (error) {
      this.end()
      throw error
    }
  }

  end(): void {
    this.#conversation?.end()
    this.#conversation = undefined
  }

  async #open(): Promise<Conversation> {
    if (this.#conversation?.isOpen === true) return this.#conversation
    if (this.#conversation !== undefined) this.#judge(await this.#conversation.closed)
    this.#place = ++this.#tally.connections
    this.#unanswered = 0
    this.#conversation = new Conversation(`ws://127.0.0.1:${this.#options.port}/ws`)
    await this.#conversation.opened
    return this.#conversation
  }

  #judge(code: number): void {
    if (code === tryAgainLater) throw new Refusal(`closed with ${code}`)
    if (code !== goingAway) throw new Error(`closed with ${code}`)
    this.#tally.told++
    this.#tally.crossed += this.#unanswered
  }
}

class Conversation {
  readonly opened: Promise<void>
  /** Resolves to the code it was closed with. */
  readonly closed: Promise<number>
  readonly #socket: WebSocket
  #echoed: PromiseWithResolvers<string | undefined> | undefined

  constructor(url: string) {
    const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: patienceMs })
    this.#socket = socket
    this.opened = new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.on('error', reject)
    })
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        this.#echoed?.resolve(undefined)
        resolve(code)
      })
    })
    // Never an array: ws gives those only with binaryType 'fragments'.
    socket.on('message', (data: RawData) => this.#echoed?.resolve((data as Buffer).toString()))
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** Whether the echo came before the end; rejects when it is another text, or neither comes. */
  async say(text: string): Promise<boolean> {
    this.#echoed = Promise.withResolvers()
    this.#socket.send(text)
    const echo = await within(`an echo of ${start(text)}`, this.#echoed.promise, { ms: patienceMs })
    if (echo !== undefined && echo !== text) {
      throw new Error(`${start(text)} came back as ${start(echo)}`)
    }
    return echo !== undefined
  }

  end(): void {
    this.#socket.terminate()
  }
}

function start(text: string): string {
  return text.slice(0, 100)
}
