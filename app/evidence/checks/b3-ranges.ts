import { describe, statusOf, valuesIn } from '../client/answer.ts'
import { type Check, broken, note, pass } from './check.ts'
import { payloadOf } from './payload-of.ts'

const size = 100_000

/** A part is the part that was asked for. */
export const b3: Check = {
  id: 'B3',
  title: 'Ranges are the bytes that were asked for',
  level: 'must',
  rule: 'RFC 9110 14',
  sent: 'GET /bin/100000?seed=7 with Range: bytes=500-1499 and bytes=-100.',
  judged:
    'Fails when a 206 has other bytes or another Content-Range than asked for. A whole 200 is allowed.',
  async run(probe) {
    const path = `/bin/${size}?seed=7`
    const ranges = [
      ['bytes=500-1499', 500, 1000],
      ['bytes=-100', size - 100, 100],
    ] as const
    const notes: string[] = []
    for (const [range, from, count] of ranges) {
      const answer = await probe.ask({ id: probe.token(), path, fields: [['Range', range]] })
      if (statusOf(answer) === 200 && answer.bodyBytes === size) {
        notes.push(range)
        continue
      }
      const [told] = valuesIn(answer, 'content-range')
      const wanted = `bytes ${from}-${from + count - 1}/${size}`
      const isRight = answer.body.equals(Buffer.from(payloadOf(7, size).slice(from, count)))
      if (statusOf(answer) === 206 && told === wanted && isRight) continue
      const seen = `Range: ${range} became ${describe(answer)}, Content-Range: ${told ?? 'none'}, ${isRight ? 'right' : 'wrong'} bytes.`
      return broken(seen, 'A client puts the parts together by Content-Range.')
    }
    if (notes.length === 0) return pass('The parts were right.')
    return note(`The whole came for ${notes.join(', ')}.`, 'A server may ignore Range.')
  },
}
