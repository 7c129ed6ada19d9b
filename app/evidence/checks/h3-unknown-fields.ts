import { valuesIn, valuesOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

const longName = `X-${'Long'.repeat(16)}`
const names = ['X-Hpv-Unknown', 'hpv_under_score', longName] as const

/** Fields that a proxy does not know pass. */
export const h3: Check = {
  id: 'H3',
  title: 'Unknown fields pass, whatever their name',
  level: 'must',
  rule: 'RFC 9110 5.1',
  sent: 'A request and an answer with three fields each: an unknown name, a name with underscores, a name of 66 letters.',
  judged: 'Fails when one is missing on the other side.',
  needs: ['wire'],
  async run(probe) {
    const id = probe.token()
    const fields = names.map((name) => [name, 'kept'] as const)
    const hp = names.map((name) => `header=${name}:kept`).join('; ')
    const answer = await probe.ask({ id, fields, hp })
    const received = await probe.received(id, answer)
    const lost = [
      ...names
        .filter((name) => !valuesOf(received.fields, name).includes('kept'))
        .map((name) => `${name} of the request`),
      ...names
        .filter((name) => !valuesIn(answer, name).includes('kept'))
        .map((name) => `${name} of the answer`),
    ]
    if (lost.length === 0) return pass('All of them arrived, both ways.')
    return broken(
      `Missing: ${lost.join(', ')}.`,
      'A proxy forwards fields that it does not know, unless it is configured to block them.',
    )
  },
}
