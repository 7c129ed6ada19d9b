import { describe, statusOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

const rounds = 5

/** A connection that is to close is not used again. */
export const c3: Check = {
  id: 'C3',
  title: 'No request follows on a connection that says it closes',
  level: 'must',
  rule: 'RFC 9112 9.6',
  sent: `${rounds} times: a GET whose answer says Connection: close while the connection stays open for 2 s; then a POST.`,
  judged: 'Fails when a POST is lost.',
  needs: ['wire', 'http1'],
  isAlone: true,
  async run(probe) {
    for (let round = 0; round < rounds; round++) {
      await probe.ask({ id: probe.token(), path: '/bin/10', hp: 'fault=slow-close=2s' })
      const answer = await probe.ask(
        { id: probe.token(), method: 'POST', body: 'x', path: '/verify' },
        { ms: 8000 },
      )
      if (statusOf(answer) !== 200) {
        return broken(
          `After an answer with Connection: close, a POST became ${describe(answer)}.`,
          'The proxy sent it on the connection that was about to close, and it was lost.',
        )
      }
    }
    return pass('Every POST went out on another connection.')
  },
}
