import { describe } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** An origin that goes down in the middle of an answer. */
export const a5: Check = {
  id: 'A5',
  title: 'An origin that resets in the middle of an answer is seen by the client',
  level: 'must',
  rule: 'RFC 9112 8',
  sent: 'GET /bin/1M, sized; the origin resets the connection after 100,000 bytes of body.',
  judged: 'Fails when the client sees a complete answer.',
  needs: ['wire'],
  async run(probe) {
    const request = { id: probe.token(), path: '/bin/1M', hp: 'fault=reset@body:100000' }
    const answer = await probe.ask(request)
    const isWhole = answer.end === 'complete' && answer.head?.status === 200
    if (!isWhole) return pass(describe(answer))
    return broken(describe(answer), 'The client takes a part for the whole.')
  },
}
