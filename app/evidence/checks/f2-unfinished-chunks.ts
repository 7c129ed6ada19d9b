import { describe, isWholeSuccess } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** Chunks without the last one are not a whole answer. */
export const f2: Check = {
  id: 'F2',
  title: 'A chunked answer without its last chunk does not look complete',
  level: 'must',
  rule: 'RFC 9112 8',
  sent: 'GET /bin/64K?chunked=true; the origin ends after 1024 bytes, by FIN and by RST.',
  judged: 'Fails when the client gets a complete 2xx answer.',
  needs: ['wire', 'http1'],
  async run(probe) {
    const seen: string[] = []
    let isBroken = false
    for (const cut of ['truncate@1024', 'reset@body:1024']) {
      const path = '/bin/64K?chunked=true'
      const answer = await probe.ask({ id: probe.token(), path, hp: `fault=${cut}` })
      isBroken ||= isWholeSuccess(answer)
      seen.push(`${cut}: ${describe(answer)}`)
    }
    if (!isBroken) return pass(seen.join('; '))
    return broken(
      seen.join('; '),
      'A client takes the half for the whole: the last chunk never came.',
    )
  },
}
