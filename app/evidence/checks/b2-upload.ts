import { describe, statusOf } from '../client/answer.ts'
import { type Check, broken, note, pass, unknown } from './check.ts'
import { payloadOf } from './payload-of.ts'

const sizes = [0, 1, 65_535, 65_537, 4 * 2 ** 20] as const

interface Told {
  readonly bytes_received?: number
  readonly first_bad_offset?: number
}

/** Uploads arrive byte for byte. */
export const b2: Check = {
  id: 'B2',
  title: 'Uploads arrive byte for byte',
  level: 'must',
  rule: 'RFC 9110 7.7',
  sent: 'POST /upload?seed=7 of 0 bytes to 4 MiB, with Content-Length and chunked.',
  judged:
    'Fails when the origin got a wrong byte or another number of them. An upload that is refused for its size is a note.',
  async run(probe) {
    const refused: string[] = []
    for (const size of sizes) {
      for (const isChunked of [false, true]) {
        const body = whole(size)
        const request = { method: 'POST', path: '/upload?seed=7', body, isChunked }
        const answer = await probe.ask({ id: probe.token(), ...request })
        const what = `${size} bytes, ${isChunked ? 'chunked' : 'sized'}`
        if (statusOf(answer) === 413 || statusOf(answer) === 411) {
          refused.push(`${what}: ${statusOf(answer)}`)
          continue
        }
        if (statusOf(answer) !== 200) return unknown(`${what}: ${describe(answer)}.`)
        const told = JSON.parse(answer.body.toString()) as Told
        if (told.bytes_received === size && told.first_bad_offset === -1) continue
        return broken(
          `${what}: the origin got ${told.bytes_received} bytes, the first wrong one at ${told.first_bad_offset}.`,
          'A proxy must pass bodies on unchanged.',
        )
      }
    }
    if (refused.length === 0) return pass('Every byte of all ten uploads was right.')
    return note(`Refused: ${refused.join('; ')}. The others were right.`, 'A limit of the proxy.')
  },
}

function whole(size: number): Buffer {
  const payload = payloadOf(7, size)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < size;) {
    const piece = payload.slice(at, size - at)
    pieces.push(piece)
    at += piece.length
  }
  return Buffer.concat(pieces)
}
