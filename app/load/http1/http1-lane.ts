import { type Socket, connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { type Payload, createBlock, seededPayload } from '../../traffic/payload.ts'
import { type Lane, type LaneOwner, errorKind } from '../lane.ts'
import type { Traffic } from '../plan/plan.ts'
import { AnswerParser } from './answer-parser.ts'
import { type RequestText, requestText } from './request-text.ts'

/** What all HTTP/1 lanes of a thread have in common. */
export interface Http1Lanes {
  readonly traffic: Traffic
  readonly text: RequestText
  /** A body that is made up; undefined when `text` has all of the request. */
  readonly payload: Payload | undefined
  /** Into which all sockets read: a read is over when its callback is. */
  readonly readBuffer: Buffer
}

const readBytes = 256 * 1024
const writeBytes = 64 * 1024

/** Prepares what the lanes of a thread share. */
export function createHttp1Lanes(traffic: Traffic): Http1Lanes {
  const { body } = traffic.request
  return {
    traffic,
    text: requestText(traffic.request, traffic),
    payload:
      body.kind === 'made'
        ? seededPayload(new Uint8Array(createBlock(writeBytes)), body.seed, body.bytes)
        : undefined,
    readBuffer: Buffer.allocUnsafeSlow(readBytes),
  }
}

/** One connection, opened again when it was closed; no request is sent twice. */
export class Http1Lane implements Lane {
  dueMs = 0
  readyMs = 0
  sentMs = 0
  isBusy = false
  readonly #shared: Http1Lanes
  readonly #owner: LaneOwner
  readonly #parser = new AnswerParser()
  #socket: Socket | undefined
  /** Of the body, already given to the socket. */
  #written = 0

  constructor(shared: Http1Lanes, owner: LaneOwner) {
    this.#shared = shared
    this.#owner = owner
  }

  send(n: number): void {
    const { text, traffic, payload } = this.#shared
    this.isBusy = true
    this.#parser.begin(traffic.request.method)
    const socket = (this.#socket ??= this.#connect())
    const head = text.head(n)
    if (typeof head === 'string') socket.write(head, text.encoding)
    else socket.write(head)
    if (payload === undefined) return
    this.#written = 0
    this.#writeBody(socket, payload)
  }

  abort(error: string): void {
    this.#drop()
    this.#end({ error })
  }

  close(): void {
    this.#drop()
  }

  #connect(): Socket {
    const { target } = this.#shared.traffic
    this.#owner.noteConnection()
    const socket: Socket = target.isTls ? this.#connectTls() : this.#connectClear()
    socket.setNoDelay(true)
    socket.on('error', (error) => this.#broke(socket, errorKind(error)))
    socket.on('end', () => this.#ended(socket))
    socket.on('close', () => this.#broke(socket, 'connection closed before the answer'))
    return socket
  }

  #connectClear(): Socket {
    const { readBuffer: buffer, traffic } = this.#shared
    const socket: Socket = connect({
      host: traffic.target.host,
      port: traffic.target.port,
      onread: {
        buffer,
        callback: (length) => {
          this.#read(socket, buffer, length)
          return true
        },
      },
    })
    return socket
  }

  #connectTls(): Socket {
    const { host, port, isInsecure } = this.#shared.traffic.target
    const socket = connectTls({
      host,
      port,
      rejectUnauthorized: !isInsecure,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
    })
    socket.on('data', (bytes) => this.#read(socket, bytes, bytes.length))
    return socket
  }

  #writeBody(socket: Socket, payload: Payload): void {
    while (this.#written < payload.bytes) {
      const slice = payload.slice(this.#written, writeBytes)
      this.#written += slice.length
      if (socket.write(slice)) continue
      socket.once('drain', () => {
        if (this.isBusy && this.#socket === socket) this.#writeBody(socket, payload)
      })
      return
    }
  }

  #read(socket: Socket, bytes: Buffer, length: number): void {
    if (this.#socket !== socket) return
    this.#owner.noteBytes(length)
    if (!this.isBusy) return this.#drop()
    const progress = this.#parser.feed(bytes, length)
    if (progress === 'more') return
    if (progress === 'whole') this.#answered()
    else this.abort('malformed answer')
  }

  #answered(): void {
    const { status, keepsAlive, serverTiming } = this.#parser
    // An answer before the end of the body leaves a request half sent on the connection.
    const isSent = this.#written >= (this.#shared.payload?.bytes ?? 0)
    if (!keepsAlive || !this.#shared.traffic.keepsAlive || !isSent) this.#drop()
    this.#end({ status, serverTiming })
  }

  #ended(socket: Socket): void {
    if (this.#socket !== socket) return
    if (this.isBusy && this.#parser.finish() === 'whole') this.#answered()
    else this.#broke(socket, this.#closedKind())
  }

  #closedKind(): string {
    return this.#parser.hasBegun
      ? 'connection closed within the answer'
      : 'connection closed before the answer'
  }

  #broke(socket: Socket, error: string): void {
    if (this.#socket !== socket) return
    this.#drop()
    if (this.isBusy) this.#end({ error })
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }

  #end(outcome: Parameters<LaneOwner['end']>[1]): void {
    this.isBusy = false
    this.#owner.end(this, outcome)
  }
}
