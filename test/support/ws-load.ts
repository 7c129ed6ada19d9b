import { setTimeout as sleep } from 'node:timers/promises'

import { type RawData, WebSocket } from 'ws'

// A proxy and an origin on a loaded machine answer in milliseconds, or not at all.
const patienceMs = 10_000

const goingAway = 1001

export interface WsLoadOptions {
  readonly port: number
  readonly connections: number
  /** Between an echo and the next message of its connection. */
  readonly thinkMs: number
}

/**
 * WebSocket clients that say something, wait for its echo, and come back when they are told to with
 * 1001. A message that crosses the 1001 on its way has no echo (RFC 6455 5.5.1: nothing is sent after a
 * close), and the client knows; every other end, silence or refusal is a loss.
 */
export class WsLoad {
  /** Messages whose echo came back as it was. */
  answered = 0
  bytesRead = 0
  connections = 0
  /** How often 1001 was what ended a connection. */
  told = 0
  /** Messages that were on their way when 1001 came. */
  crossed = 0
  readonly losses: string[] = []
  readonly #options: WsLoadOptions
  readonly #clients: readonly Promise<void>[]
  #isStopping = false

  constructor(options: WsLoadOptions) {
    this.#options = options
    this.#clients = Array.from({ length: options.connections }, () => this.#liveOn())
  }

  /** Lets the messages under way come back, and closes. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#clients)
  }

  async #liveOn(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#converse(++this.connections)
      } catch (error) {
        this.losses.push(error instanceof Error ? error.message : String(error))
        await sleep(20)
      }
    }
  }

  /** One connection, until it is told to go or the load ends. */
  async #converse(place: number): Promise<void> {
    const conversation = new Conversation(`ws://127.0.0.1:${this.#options.port}/ws`)
    try {
      await conversation.opened
      let unanswered = 0
      for (let count = 0; conversation.isOpen; count++) {
        if (this.#isStopping) return
        const text = `connection ${place}, message ${count}`
        if (await conversation.say(text)) {
          this.answered++
          this.bytesRead += text.length
        } else unanswered++
        await sleep(this.#options.thinkMs)
      }
      const code = await conversation.closed
      if (code !== goingAway) throw new Error(`closed with ${code}`)
      this.told++
      this.crossed += unanswered
    } finally {
      conversation.end()
    }
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
    const { promise, reject } = this.#echoed
    this.#socket.send(text)
    const timer = setTimeout(() => reject(new Error(`no echo of ${text}`)), patienceMs)
    const echo = await promise.finally(() => clearTimeout(timer))
    if (echo !== undefined && echo !== text) throw new Error(`${text} came back as ${echo}`)
    return echo !== undefined
  }

  end(): void {
    this.#socket.terminate()
  }
}
