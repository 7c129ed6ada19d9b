import { describe, isWholeSuccess } from '../client/answer.ts'
import { showAttempts } from './attempts.ts'
import { type Check, broken, note, pass } from './check.ts'
import { payloadOf } from './payload-of.ts'

const size = 65_536

/** Two halves of two answers are not one answer. */
export const r8: Check = {
  id: 'R8',
  title: 'A retry is not spliced into a body that broke off',
  level: 'must',
  rule: 'RFC 9112 8',
  sent: 'GET /bin/65536?seed=7, sized and chunked; the first time the origin resets the connection after 1024 bytes of body.',
  judged:
    'Fails when the client gets more bytes of body than one answer has, or a complete 200 with other bytes.',
  needs: ['wire', 'http1', 'ledger'],
  async run(probe) {
    const seen: string[] = []
    for (const more of ['', '&chunked=true']) {
      const id = probe.token()
      const path = `/bin/${size}?seed=7${more}`
      const answer = await probe.ask({ id, path, hp: 'fault=reset@body:1024:first1' })
      const arrivals = await probe.arrivals(id)
      const told = `${showAttempts(arrivals)}; the client got ${describe(answer)}.`
      const wanted = payloadOf(7, size).slice(0, answer.bodyBytes)
      const isRight = answer.body.equals(Buffer.from(wanted))
      if (!isRight && arrivals.length > 1) {
        return broken(
          told,
          'The client got the beginning of the first answer and then bytes of the second as one body.',
        )
      }
      if (isWholeSuccess(answer) && isRight && answer.bodyBytes === size) {
        return note(
          told,
          'It fetched the whole again before it gave the client anything, or went on with the right bytes.',
        )
      }
      seen.push(told)
    }
    return pass(seen.join(' '))
  },
}
