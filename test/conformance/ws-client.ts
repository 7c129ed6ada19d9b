import { type ClientOptions, type RawData, WebSocket } from 'ws'

import { jsonOf } from '../support/ask.ts'
import { remember } from '../support/leftovers.ts'
import { type RawAnswer, RawConnection, rawRequest } from '../support/raw.ts'
import { within } from '../support/wait.ts'

export interface Message {
  readonly bytes: Buffer
  readonly isBinary: boolean
}

export interface Close {
  readonly code: number
  readonly reason: string
}

/** A WebSocket of the ws package, with its messages as a queue to read from. */
export interface Client {
  readonly socket: WebSocket
  /** The next message, past or future. */
  readonly next: (ms?: number) => Promise<Message>
  readonly closed: Promise<Close>
}

/** A handshake that was refused, with the answer to it. */
export class Refused extends Error {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, unknown>>

  constructor(status: number, body: Buffer, headers: Readonly<Record<string, unknown>>) {
    super(`the handshake was refused with ${status}`)
    this.status = status
    this.json = jsonOf({ body })
    this.headers = headers
  }
}

export interface ClientChoice extends ClientOptions {
  readonly protocols?: string[]
}

/** Opens a WebSocket at an HTTP address; rejects with Refused when the origin will not. */
export function openWs(
  url: string,
  { protocols = [], ...options }: ClientChoice = {},
): Promise<Client> {
  const opened = new Promise<Client>((resolve, reject) => {
    const socket = new WebSocket(url.replace('http', 'ws'), protocols, {
      perMessageDeflate: false,
      ...options,
    })
    socket.once('upgrade', (response) => remember(response.socket))
    // Before it is open, because the first message may come in the same turn.
    const next = queueOf(socket)
    const closed = new Promise<Close>((tell) => {
      socket.once('close', (code, reason) => tell({ code, reason: reason.toString() }))
    })
    socket.once('open', () => resolve({ socket, next, closed }))
    socket.on('error', reject)
    socket.once('unexpected-response', (_request, response) => {
      const pieces: Buffer[] = []
      const connection = response.socket
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.once('end', () => {
        // Or Node's global agent would keep it for a request that never comes.
        connection.destroy()
        reject(new Refused(response.statusCode ?? 0, Buffer.concat(pieces), response.headers))
      })
    })
  })
  return within(`a WebSocket at ${url}`, opened)
}

function queueOf(socket: WebSocket): Client['next'] {
  const waiting: ((message: Message) => void)[] = []
  const arrived: Message[] = []
  socket.on('message', (data: RawData, isBinary) => {
    // Never an array: ws gives those only with binaryType 'fragments'.
    const message = { bytes: data as Buffer, isBinary }
    const take = waiting.shift()
    if (take === undefined) arrived.push(message)
    else take(message)
  })
  return (ms = 10_000) => {
    const message = arrived.shift()
    if (message !== undefined) return Promise.resolve(message)
    return within('a message', new Promise<Message>((resolve) => waiting.push(resolve)), { ms })
  }
}

export const handshakeHeaders: readonly string[] = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
]

/** Asks for a WebSocket with these header lines and nothing else; the answer has no body when it is 101. */
export async function askForWs(
  url: string,
  path: string,
  headers: readonly string[],
): Promise<{ readonly connection: RawConnection; readonly answer: RawAnswer }> {
  const connection = await RawConnection.open(url)
  connection.send(rawRequest(`GET ${path}`, { headers }))
  return { connection, answer: await connection.answer() }
}

/** A WebSocket that is open and on which any bytes can be sent. */
export async function openRawWs(url: string, path: string): Promise<RawConnection> {
  const { connection, answer } = await askForWs(url, path, handshakeHeaders)
  if (answer.status !== 101) throw new Error(`the handshake was refused with ${answer.status}`)
  return connection
}

export interface Frame {
  readonly opcode: number
  readonly payload?: Uint8Array
  readonly isLast?: boolean
  readonly reservedBits?: number
}

/** A client's frame (RFC 6455 5.2), masked with zeros, which leave the payload as it is. */
export function frameBytes({ opcode, payload, isLast = true, reservedBits = 0 }: Frame): Buffer {
  const length = payload?.length ?? 0
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (isLast ? 0x80 : 0) | (reservedBits << 4) | opcode
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, Buffer.alloc(4), payload ?? Buffer.alloc(0)])
}
