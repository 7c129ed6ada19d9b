import { valuesOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

const hopFields = [
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Connection', 'keep-alive'],
  ['TE', 'gzip'],
  ['Upgrade', 'hpv/1'],
] as const

/** Fields of one connection that Connection does not name. */
export const h2: Check = {
  id: 'H2',
  title: 'Keep-Alive, Proxy-Connection, TE and Upgrade stay on their hop',
  level: 'should',
  rule: 'RFC 9110 7.6.1',
  sent: 'A request with Keep-Alive, Proxy-Connection, TE: gzip and Upgrade: hpv/1 that Connection does not name.',
  judged: 'Warns when one of them reaches the origin.',
  needs: ['proxy', 'wire', 'http1'],
  async run(probe) {
    const id = probe.token()
    const answer = await probe.ask({ id, fields: hopFields })
    const { fields } = await probe.received(id, answer)
    const leaked = hopFields
      .filter(([name, value]) => valuesOf(fields, name).includes(value))
      .map(([name]) => name)
    if (leaked.length === 0) return pass('None of them reached the origin.')
    return broken(
      `${leaked.join(', ')} reached the origin.`,
      'A proxy should remove fields that it knows to be for one connection, named or not.',
    )
  },
}
