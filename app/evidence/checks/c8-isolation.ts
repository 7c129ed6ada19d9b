import { createVerifier } from '../verifier.ts'
import { type Check, broken, pass, unknown } from './check.ts'
import { payloadOf } from './payload-of.ts'

const clients = 100
const each = 5
const size = 20_000

/** Nobody gets the bytes of another. */
export const c8: Check = {
  id: 'C8',
  title: 'Nobody gets the bytes of another client',
  level: 'must',
  rule: 'RFC 9110 7.5',
  sent: `${clients} clients at once, each with ${each} downloads of a payload of its own.`,
  judged: 'Fails at the first byte that belongs to another.',
  isAlone: true,
  async run(probe) {
    const wrong: string[] = []
    let incomplete = 0
    const work = async (_: unknown, at: number): Promise<void> => {
      const seed = 1000 + at
      const client = await probe.open()
      for (let times = 0; times < each && wrong.length === 0; times++) {
        const verifier = createVerifier(payloadOf(seed, size))
        const path = `/bin/${size}?seed=${seed}`
        const take = (piece: Buffer): void => verifier.take(piece)
        const answer = await client.ask({ id: probe.token(), path }, { take })
        if (answer.end !== 'complete') incomplete++
        if (verifier.firstBadOffset() !== -1 && answer.head?.status === 200) {
          wrong.push(
            `The client that asked for seed ${seed} got other bytes from offset ${verifier.firstBadOffset()} on.`,
          )
        }
        if (answer.end !== 'complete') break
      }
      client.close()
    }
    await Promise.all(Array.from({ length: clients }, work))
    const [first] = wrong
    if (first !== undefined)
      return broken(
        first,
        'A body went to another client than the one that asked for it, or was changed.',
      )
    if (incomplete > 0) return unknown(`${incomplete} of ${clients} clients lost their connection.`)
    return pass(`${clients * each} bodies were right.`)
  },
}
