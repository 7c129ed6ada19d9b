import { statusOf, valuesIn, describe } from '../client/answer.ts'
import { type Check, broken, pass, unknown } from './check.ts'

/** An answer has a Date. */
export const h13: Check = {
  id: 'H13',
  title: 'Answers have one Date',
  level: 'must',
  rule: 'RFC 9110 6.6.1',
  sent: 'A plain request; the origin says Date.',
  judged: 'Fails when the client gets no Date.',
  async run(probe) {
    const answer = await probe.ask({ id: probe.token() })
    const dates = valuesIn(answer, 'date')
    if (statusOf(answer) !== 200) return unknown(`The answer was ${describe(answer)}.`)
    if (dates.length === 1) return pass('One Date arrived.')
    return broken(
      `The client got ${dates.length} Date lines.`,
      'A proxy forwards Date, and adds it where the origin has none.',
    )
  },
}
