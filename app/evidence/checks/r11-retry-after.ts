import { statusOf, valuesIn } from '../client/answer.ts'
import { gapsOf, showAttempts } from './attempts.ts'
import { type Check, note } from './check.ts'

/** The origin says when to come back. */
export const r11: Check = {
  id: 'R11',
  title: 'Retry-After is heeded, or passed on',
  level: 'note',
  rule: 'RFC 9110 10.2.3',
  sent: 'GET; the first answer of the origin is 503 with Retry-After: 2.',
  judged: 'Tells whether it waits, and whether the client gets the field.',
  needs: ['ledger'],
  async run(probe) {
    const id = probe.token()
    const hp = 'status=503:first1; header=Retry-After:2'
    const answer = await probe.ask({ id, path: '/bin/10', hp })
    const arrivals = await probe.arrivals(id)
    const [gap] = gapsOf(arrivals)
    if (gap !== undefined) {
      const why =
        gap > 1900 ? 'It waited as it was told.' : 'It did not wait for the 2 s that it was told.'
      return note(`${showAttempts(arrivals)}.`, why)
    }
    const isTold = valuesIn(answer, 'retry-after').includes('2')
    return note(
      `It does not try again; the client got ${statusOf(answer)} ${isTold ? 'with' : 'without'} Retry-After.`,
    )
  },
}
