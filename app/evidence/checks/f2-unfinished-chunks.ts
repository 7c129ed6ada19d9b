import { describe, isWholeSuccess } from '../client/answer.ts'
import { type Check, broken, note, pass } from './check.ts'

const path = '/bin/64K?chunked=true'

/** Chunks without the last one are not a whole answer. */
export const f2: Check = {
  id: 'F2',
  title: 'A chunked answer without its last chunk does not look complete',
  level: 'must',
  rule: 'RFC 9112 8',
  sent: `GET ${path}; the origin ends after 1024 bytes, by FIN and by RST.`,
  judged:
    'Fails when the client gets a complete 2xx answer. Behind a proxy that speaks HTTP/1.0 to the origin there are no chunks, and the answer looks complete to the proxy, too: a note.',
  needs: ['wire', 'http1'],
  async run(probe) {
    const seen: string[] = []
    let isBroken = false
    for (const cut of ['truncate@1024', 'reset@body:1024']) {
      const answer = await probe.ask({ id: probe.token(), path, hp: `fault=${cut}` })
      isBroken ||= isWholeSuccess(answer)
      seen.push(`${cut}: ${describe(answer)}`)
    }
    const told = `${seen.join('; ')}.`
    if (!isBroken) return pass(told)
    if (probe.originVersion === '1.0') {
      return note(
        told,
        'The proxy speaks HTTP/1.0 to the origin, which has no chunks: a body of unknown length that breaks off looks like a whole one.',
      )
    }
    return broken(told, 'A client takes the half for the whole: the last chunk never came.')
  },
}
