import { valuesOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** Upgrade is for one hop. */
export const x10: Check = {
  id: 'X10',
  title: 'Upgrade: h2c of a client does not reach the origin',
  level: 'must',
  rule: 'RFC 9110 7.8',
  sent: 'GET with Connection: Upgrade, HTTP2-Settings; Upgrade: h2c; HTTP2-Settings.',
  judged: 'Fails when the origin gets Upgrade or HTTP2-Settings.',
  needs: ['wire', 'proxy', 'http1'],
  async run(probe) {
    const id = probe.token()
    const fields = [
      ['Connection', 'Upgrade, HTTP2-Settings'],
      ['Upgrade', 'h2c'],
      ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
    ] as const
    const answer = await probe.ask({ id, fields, isLast: false })
    const { fields: arrived } = await probe.received(id, answer)
    const leaked = ['Upgrade', 'HTTP2-Settings'].filter(
      (name) => valuesOf(arrived, name).length > 0,
    )
    if (leaked.length === 0) return pass('Neither reached the origin.')
    return broken(
      `${leaked.join(' and ')} reached the origin.`,
      'An origin that agrees would speak HTTP/2 through the proxy, which no longer sees the requests.',
    )
  },
}
