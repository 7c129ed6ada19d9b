import { describe, isWholeSuccess } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

const cuts = ['truncate@1024', 'reset@body:1024'] as const

/** Half a sized body is not a whole answer. */
export const f1: Check = {
  id: 'F1',
  title: 'A sized answer that is cut off does not look complete',
  level: 'must',
  rule: 'RFC 9112 8',
  sent: 'GET /bin/4096; the origin says Content-Length: 4096 and ends after 1024 bytes, by FIN and by RST.',
  judged: 'Fails when the client gets a complete 2xx answer.',
  needs: ['wire', 'http1'],
  async run(probe) {
    const seen: string[] = []
    let isBroken = false
    for (const cut of cuts) {
      const answer = await probe.ask({ id: probe.token(), path: '/bin/4096', hp: `fault=${cut}` })
      isBroken ||= isWholeSuccess(answer)
      seen.push(`${cut}: ${describe(answer)}`)
    }
    if (!isBroken) return pass(seen.join('; '))
    return broken(
      seen.join('; '),
      'A client takes the half for the whole: the message is incomplete.',
    )
  },
}
