import { describe, statusOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'
import { readEcho } from './read-echo.ts'

const rounds = 5

/** A connection that is to close is not used again. */
export const c3: Check = {
  id: 'C3',
  title: 'No request follows on a connection that says it closes',
  level: 'must',
  rule: 'RFC 9112 9.6',
  sent: `${rounds} times: a GET whose answer says Connection: close while the connection stays open for 2 s; then a POST.`,
  judged: 'Fails when a POST is lost, or comes from the same source port.',
  needs: ['wire', 'http1'],
  isAlone: true,
  async run(probe) {
    for (let round = 0; round < rounds; round++) {
      const request = { id: probe.token(), path: '/verify', hp: 'fault=slow-close=2s' }
      const closing = await probe.ask(request)
      const post = { id: probe.token(), method: 'POST', body: 'x', path: '/verify' }
      const answer = await probe.ask(post, { ms: 8000 })
      if (statusOf(answer) !== 200) {
        return broken(
          `After an answer with Connection: close, a POST became ${describe(answer)}.`,
          'The proxy sent it on the connection that was about to close, and it was lost.',
        )
      }
      const [one, other] = [readEcho(closing)?.source_addr, readEcho(answer)?.source_addr]
      if (one !== undefined && one === other) {
        return broken(
          `The next request came on the same connection, ${one}.`,
          'The origin had said that it closes: this time it answered, the next time the request is lost.',
        )
      }
    }
    return pass('Every POST went out on another connection.')
  },
}
