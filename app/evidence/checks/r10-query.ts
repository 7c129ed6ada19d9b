import { describe, statusOf } from '../client/answer.ts'
import { showAttempts } from './attempts.ts'
import { type Check, note } from './check.ts'

/** The new method: safe, idempotent, with a body. */
export const r10: Check = {
  id: 'R10',
  title: 'QUERY: accepted, and tried again as an idempotent method',
  level: 'note',
  rule: 'RFC 10008',
  sent: 'QUERY with a body; the first time the origin resets the connection before the answer.',
  judged: 'Tells whether it passes, and how often it arrived.',
  needs: ['wire', 'http1', 'ledger'],
  async run(probe) {
    const id = probe.token()
    const request = { method: 'QUERY', path: '/verify', body: 'select', id }
    const answer = await probe.ask({ ...request, hp: 'fault=reset@headers:first1' })
    const arrivals = await probe.arrivals(id)
    if (arrivals.length === 0) return note(`QUERY is refused: the client got ${describe(answer)}.`)
    const isRetried = arrivals.length > 1
    const fate = isRetried ? 'treated as idempotent' : 'not tried again'
    return note(
      `QUERY passes and is ${fate}. ${showAttempts(arrivals)}; the client got ${statusOf(answer)}.`,
    )
  },
}
