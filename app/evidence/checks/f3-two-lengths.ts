import { describe, isWholeSuccess } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** Two lengths: nobody knows where the answer ends. */
export const f3: Check = {
  id: 'F3',
  title: 'Two different Content-Length become 502',
  level: 'must',
  rule: 'RFC 9112 6.3',
  sent: 'GET /bin/100; the answer has Content-Length: 100 and Content-Length: 7.',
  judged: 'Fails when the client gets a 2xx answer.',
  needs: ['wire', 'http1', 'proxy'],
  isAlone: true,
  async run(probe) {
    const answer = await probe.ask({
      id: probe.token(),
      path: '/bin/100',
      hp: 'fault=head=two-lengths',
    })
    if (!isWholeSuccess(answer)) return pass(describe(answer))
    return broken(
      describe(answer),
      'A proxy must replace such an answer by 502: where it ends is a matter of opinion, and so is whose bytes follow.',
    )
  },
}
