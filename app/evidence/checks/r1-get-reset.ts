import { describe } from '../client/answer.ts'
import { showAttempts } from './attempts.ts'
import { type Check, note } from './check.ts'

/** Is a GET sent again? */
export const r1: Check = {
  id: 'R1',
  title: 'A GET whose connection was reset before an answer',
  level: 'note',
  rule: 'RFC 9110 9.2.2',
  sent: 'GET /bin/1K; the first time the origin resets the connection before the answer.',
  judged: 'Tells how often the request arrived.',
  needs: ['wire', 'http1', 'ledger'],
  async run(probe) {
    const id = probe.token()
    const answer = await probe.ask({ id, path: '/bin/1K', hp: 'fault=reset@headers:first1' })
    const arrivals = await probe.arrivals(id)
    const why =
      arrivals.length > 1 ? 'It tries a GET again, which it may.' : 'It does not try a GET again.'
    return note(`${showAttempts(arrivals)}; the client got ${describe(answer)}.`, why)
  },
}
