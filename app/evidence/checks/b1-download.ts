import { describe } from '../client/answer.ts'
import { createVerifier } from '../verifier.ts'
import { type Check, broken, pass } from './check.ts'
import { payloadOf } from './payload-of.ts'

const sizes = [0, 1, 65_535, 65_536, 16 * 2 ** 20] as const
const seed = 7

/** Downloads arrive byte for byte. */
export const b1: Check = {
  id: 'B1',
  title: 'Downloads arrive byte for byte',
  level: 'must',
  rule: 'RFC 9110 7.7',
  sent: 'GET /bin/{size}?seed=7 of 0 bytes to 16 MiB, with Content-Length and chunked.',
  judged:
    'Fails at the first byte that is not the one that the origin made, or when some are missing.',
  async run(probe) {
    for (const size of sizes) {
      for (const isChunked of [false, true]) {
        const path = `/bin/${size}?seed=${seed}${isChunked ? '&chunked=true' : ''}`
        const verifier = createVerifier(payloadOf(seed, size))
        const take = (piece: Buffer): void => verifier.take(piece)
        const answer = await probe.ask({ id: probe.token(), path }, { take })
        const bad = verifier.firstBadOffset()
        if (answer.end === 'complete' && answer.bodyBytes === size && bad === -1) continue
        const what = bad === -1 ? '' : ` The first wrong byte is at ${bad}.`
        return broken(
          `${path}: ${describe(answer)}.${what}`,
          'A proxy must pass bodies on unchanged.',
        )
      }
    }
    return pass('Every byte of all ten downloads was right.')
  },
}
