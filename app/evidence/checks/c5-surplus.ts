import { describe, statusOf, valuesIn } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'
import { payloadOf } from './payload-of.ts'
import { readEcho } from './read-echo.ts'

/** What is past Content-Length is no part of the answer. */
export const c5: Check = {
  id: 'C5',
  title: 'Bytes beyond Content-Length reach nobody',
  level: 'must',
  rule: 'RFC 9112 6.3',
  sent: 'GET /bin/1000?seed=7; Content-Length says 900, all 1000 bytes come; then three GETs.',
  judged:
    'Fails when the client gets more than 900 bytes, or a later answer is not the one that was asked for.',
  needs: ['wire', 'http1'],
  isAlone: true,
  async run(probe) {
    const path = '/bin/1000?seed=7'
    const answer = await probe.ask({ id: probe.token(), path, hp: 'fault=cl=-100' })
    const wanted = Buffer.from(payloadOf(7, 900).slice(0, 900))
    const isRight = answer.body.equals(wanted.subarray(0, answer.bodyBytes))
    if (answer.bodyBytes > 900 || !isRight) {
      const length = valuesIn(answer, 'content-length').join() || 'none'
      return broken(
        `${describe(answer)}, Content-Length: ${length}.`,
        'The surplus became a part of the answer.',
      )
    }
    for (let next = 0; next < 3; next++) {
      const target = `/next/${probe.token()}`
      const later = await probe.ask({ id: probe.token(), path: target })
      if (readEcho(later)?.path !== target && statusOf(later) < 500) {
        return broken(
          `A later request became ${describe(later)}.`,
          'The surplus was taken for its answer.',
        )
      }
    }
    return pass(`${describe(answer)}; later answers were right.`)
  },
}
