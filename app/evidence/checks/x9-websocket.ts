import { createHash, randomBytes } from 'node:crypto'

import { describe, statusOf, valuesIn } from '../client/answer.ts'
import { Stopped } from '../client/connection.ts'
import { type Check, type Client, note, unknown } from './check.ts'

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A WebSocket from end to end. */
export const x9: Check = {
  id: 'X9',
  title: 'A WebSocket: handshake, messages, close code',
  level: 'note',
  rule: 'RFC 6455',
  sent: 'A handshake at /ws/close/4001, and a text message; the origin answers it and closes with 4001.',
  judged: 'Tells what of it comes through.',
  needs: ['wire', 'http1'],
  async run(probe) {
    const client = await probe.open()
    const key = randomBytes(16).toString('base64')
    const fields = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', key],
    ] as const
    const answer = await client.ask({ path: '/ws/close/4001', id: probe.token(), fields })
    if (statusOf(answer) !== 101) {
      client.close()
      if (probe.isDirect) return unknown(`The origin refused: ${describe(answer)}.`)
      return note(
        `No WebSockets: the client got ${describe(answer)}.`,
        'Many proxies must be told to forward Upgrade.',
      )
    }
    const accept = createHash('sha1')
      .update(key + magic)
      .digest('base64')
    const isAccepted = valuesIn(answer, 'sec-websocket-accept').includes(accept)
    client.connection.send(textFrame('hello'))
    const frames = await readFrames(client)
    client.close()
    const text = frames.find(({ opcode }) => opcode === 1)?.payload.toString() ?? 'nothing'
    const closing = frames.find(({ opcode }) => opcode === 8)
    const code =
      closing === undefined ? 'no close frame' : `code ${closing.payload.readUInt16BE(0)}`
    return note(
      `${isAccepted ? 'Accepted' : 'A wrong Sec-WebSocket-Accept'}; the message was answered by “${text}”; closed with ${code}.`,
    )
  },
}

interface Frame {
  readonly opcode: number
  readonly payload: Buffer
}

function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}

// Short frames of the server's, up to a close frame or the end.
async function readFrames({ connection }: Client): Promise<readonly Frame[]> {
  const until = performance.now() + 5000
  let bytes = Buffer.alloc(0)
  const frames: Frame[] = []
  try {
    for (;;) {
      bytes = Buffer.concat([bytes, await connection.some(65_536, until)])
      for (
        let size = sizeOf(bytes);
        size !== undefined && bytes.length >= size;
        size = sizeOf(bytes)
      ) {
        frames.push({ opcode: (bytes[0] ?? 0) & 0x0f, payload: bytes.subarray(2, size) })
        bytes = bytes.subarray(size)
      }
      if (frames.some(({ opcode }) => opcode === 8)) return frames
    }
  } catch (error) {
    if (error instanceof Stopped) return frames
    throw error
  }
}

function sizeOf(bytes: Buffer): number | undefined {
  return bytes.length < 2 ? undefined : 2 + ((bytes[1] ?? 0) & 0x7f)
}
