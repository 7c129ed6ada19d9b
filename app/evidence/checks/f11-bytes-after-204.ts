import { describe, statusOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'
import { readEcho } from './read-echo.ts'

/** An answer that has no body, and bytes behind it. */
export const f11: Check = {
  id: 'F11',
  title: 'Bytes behind a 204, a 304 or an answer to HEAD reach nobody',
  level: 'must',
  rule: 'RFC 9110 6.4.1',
  sent: 'GET /status/204, GET /status/304 and HEAD /bin/100, each followed by 40 bytes on the connection to the origin; then two GETs each, on the same connection of the client.',
  judged: 'Fails when the client gets one of the bytes.',
  needs: ['wire', 'http1', 'proxy'],
  isAlone: true,
  async run(probe) {
    const requests = [
      { path: '/status/204' },
      { path: '/status/304' },
      { method: 'HEAD', path: '/bin/100' },
    ]
    for (const request of requests) {
      const client = await probe.open()
      const first = await client.ask({
        ...request,
        id: probe.token(),
        hp: 'fault=garbage-after=40',
      })
      for (let next = 0; next < 2; next++) {
        const path = `/next/${probe.token()}`
        const later = await client.ask({ id: probe.token(), path }, { ms: 10_000 })
        const isRight = readEcho(later)?.path === path
        // A client connection that the proxy closed is no leak, nor is an error of its own.
        if (isRight || statusOf(later) >= 500 || later.end === 'fin' || later.end === 'reset')
          continue
        client.close()
        const what = request.method === 'HEAD' ? 'an answer to HEAD' : `a ${statusOf(first)}`
        return broken(
          `After ${what} the next answer was ${describe(later)}.`,
          'The stray bytes became the beginning of the next answer.',
        )
      }
      client.close()
    }
    return pass('The next answers were right.')
  },
}
