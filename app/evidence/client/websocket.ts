import { createHash, randomBytes } from 'node:crypto'

import type { Fields } from './answer.ts'
import { type Connection, Stopped } from './connection.ts'

/** What a frame is (RFC 6455 5.2). */
export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A message, or a control frame. */
export interface Message {
  readonly opcode: number
  readonly payload: Buffer
}

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The fields of a handshake, and the Sec-WebSocket-Accept that must answer it (RFC 6455 4.1). */
export function handshake(protocols: string): { readonly fields: Fields; readonly accept: string } {
  const key = randomBytes(16).toString('base64')
  const fields = [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Protocol', protocols],
    ['Sec-WebSocket-Key', key],
  ] as const
  const accept = createHash('sha1').update(`${key}${magic}`).digest('base64')
  return { fields, accept }
}

/** A whole message of a client's as one frame. */
export function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const head = length < 126 ? Buffer.alloc(2) : Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = 0x80 | opcode
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(4), payload])
}

/** Reads messages until one is the last that is waited for, a close frame or the end; pieces are put together. */
export async function readMessages(
  connection: Connection,
  { isLast, ms }: { readonly isLast: (message: Message) => boolean; readonly ms: number },
): Promise<readonly Message[]> {
  const until = performance.now() + ms
  const messages: Message[] = []
  const reader = new FrameReader()
  try {
    for (;;) {
      reader.take(await connection.some(65_536, until))
      for (let next = reader.next(); next !== undefined; next = reader.next()) {
        messages.push(next)
        if (next.opcode === opcodes.close || isLast(next)) return messages
      }
    }
  } catch (error) {
    if (error instanceof Stopped) return messages
    throw error
  }
}

class FrameReader {
  #pieces: Buffer[] = []
  #begun: { readonly opcode: number; readonly parts: Buffer[] } | undefined

  take(piece: Buffer): void {
    this.#pieces.push(piece)
  }

  /** The next whole message; undefined until there is one. */
  next(): Message | undefined {
    for (let frame = this.#frame(); frame !== undefined; frame = this.#frame()) {
      const { opcode, isFinal, payload } = frame
      if (opcode >= 8) return { opcode, payload }
      this.#begun ??= { opcode, parts: [] }
      this.#begun.parts.push(payload)
      if (!isFinal) continue
      const message = { opcode: this.#begun.opcode, payload: Buffer.concat(this.#begun.parts) }
      this.#begun = undefined
      return message
    }
    return undefined
  }

  #frame() {
    const bytes = Buffer.concat(this.#pieces)
    this.#pieces = [bytes]
    const size = sizesOf(bytes)
    if (size === undefined || bytes.length < size.head + size.payload) return undefined
    const end = size.head + size.payload
    this.#pieces = [bytes.subarray(end)]
    const first = bytes[0] ?? 0
    return {
      opcode: first & 0x0f,
      isFinal: (first & 0x80) !== 0,
      payload: bytes.subarray(size.head, end),
    }
  }
}

// Frames of a server have no mask (RFC 6455 5.1).
function sizesOf(bytes: Buffer): { readonly head: number; readonly payload: number } | undefined {
  if (bytes.length < 2) return undefined
  const short = (bytes[1] ?? 0) & 0x7f
  if (short < 126) return { head: 2, payload: short }
  if (short === 126) {
    return bytes.length < 4 ? undefined : { head: 4, payload: bytes.readUInt16BE(2) }
  }
  return bytes.length < 10 ? undefined : { head: 10, payload: Number(bytes.readBigUInt64BE(2)) }
}
