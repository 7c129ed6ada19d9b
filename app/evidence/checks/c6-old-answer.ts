import { describe, statusOf } from '../client/answer.ts'
import { type Check, broken, pass, unknown } from './check.ts'
import { readEcho } from './read-echo.ts'

const rounds = 5

/** HTTP/1.0 does not persist by itself. */
export const c6: Check = {
  id: 'C6',
  title: 'A connection is not used again after an answer of HTTP/1.0',
  level: 'must',
  rule: 'RFC 9112 9.3',
  sent: `${rounds} times: a GET whose answer is HTTP/1.0 without keep-alive while the connection stays open; then a GET.`,
  judged: 'Fails when the next request comes from the same source port.',
  needs: ['wire', 'http1', 'proxy'],
  isAlone: true,
  async run(probe) {
    for (let round = 0; round < rounds; round++) {
      const old = await probe.ask({ id: probe.token(), path: '/verify', hp: 'fault=head=old' })
      const next = await probe.ask({ id: probe.token(), path: '/verify' })
      if (statusOf(old) !== 200) return unknown(`The answer of HTTP/1.0 became ${describe(old)}.`)
      const [one, other] = [readEcho(old)?.source_addr, readEcho(next)?.source_addr]
      if (one !== undefined && one === other) {
        return broken(
          `The next request came on the same connection, ${one}.`,
          'HTTP/1.0 without keep-alive ends with its answer.',
        )
      }
    }
    return pass('Every request after it came on another connection.')
  },
}
