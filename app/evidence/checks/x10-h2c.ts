import { valuesOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** Upgrade is for one hop. */
export const x10: Check = {
  id: 'X10',
  title: 'Upgrade: h2c of a client does not reach the origin',
  level: 'must',
  rule: 'RFC 9110 7.8',
  sent: 'GET with Connection: Upgrade, HTTP2-Settings; Upgrade: h2c; HTTP2-Settings.',
  judged:
    'Fails when the origin gets Upgrade: h2c. HTTP2-Settings alone does no harm; H1 tells of it.',
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
    if (valuesOf(arrived, 'upgrade').length === 0) return pass('Upgrade did not reach the origin.')
    return broken(
      'Upgrade reached the origin.',
      'An origin that agrees would speak HTTP/2 through the proxy, which no longer sees the requests.',
    )
  },
}
