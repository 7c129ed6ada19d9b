import { describe, valuesOf } from '../client/answer.ts'
import { type Check, broken, note, pass } from './check.ts'

const conditions = [
  ['If-None-Match', '"hpv-1"'],
  ['If-Match', '"hpv-2"'],
] as const

/** Conditions are the origin's to judge. */
export const h12: Check = {
  id: 'H12',
  title: 'If-None-Match and If-Match reach the origin',
  level: 'must',
  rule: 'RFC 9110 13.2.1',
  sent: 'GET with If-None-Match, and PUT with If-Match, of targets that nobody can have in a cache.',
  judged:
    'Fails when the field does not arrive; If-None-Match that a cache keeps to itself is a note.',
  needs: ['wire'],
  async run(probe) {
    const lost: string[] = []
    for (const [name, value] of conditions) {
      const id = probe.token()
      const request = name === 'If-Match' ? { method: 'PUT', body: 'x' } : {}
      const answer = await probe.ask({
        ...request,
        id,
        path: `/verify/${id}`,
        fields: [[name, value]],
      })
      const { fields } = await probe.received(id, answer)
      if (!valuesOf(fields, name).includes(value))
        lost.push(`${name} (the client got ${describe(answer)})`)
    }
    if (lost.length === 0) return pass('Both arrived.')
    if (probe.isCaching && lost.every((one) => one.startsWith('If-None-Match'))) {
      return note(
        `Missing: ${lost.join(', ')}.`,
        'A cache may ask for the whole, and judge the condition itself (RFC 9111 4.3.2).',
      )
    }
    return broken(
      `Missing: ${lost.join(', ')}.`,
      'The origin answers without the condition: an update that should have been refused is done.',
    )
  },
}
