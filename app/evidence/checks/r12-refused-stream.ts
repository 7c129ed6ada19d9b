import { describe, statusOf } from '../client/answer.ts'
import { showAttempts } from './attempts.ts'
import { type Check, note } from './check.ts'

/** HTTP/2 says which requests were never worked on. */
export const r12: Check = {
  id: 'R12',
  title: 'A POST whose stream the origin refuses (REFUSED_STREAM)',
  level: 'note',
  rule: 'RFC 9113 8.7',
  sent: 'POST with a body; the first time the origin resets its stream with REFUSED_STREAM (7).',
  judged: 'Tells how often the request arrived, and what the client got.',
  needs: ['proxy', 'wire', 'http2-origin', 'ledger'],
  async run(probe) {
    const id = probe.token()
    const request = { id, method: 'POST', path: '/verify', body: 'x' }
    const answer = await probe.ask({ ...request, hp: 'fault=rst-stream=7:first1' })
    const arrivals = await probe.arrivals(id)
    const seen = `${showAttempts(arrivals)}; the client got ${describe(answer)}.`
    if (arrivals.length > 1) {
      return note(
        seen,
        'It sends the POST again, which it may: the origin said that it did nothing.',
      )
    }
    return note(
      seen,
      statusOf(answer) >= 500
        ? 'It could have sent the POST again: the origin said that it did nothing.'
        : '',
    )
  },
}
