import { statusOf, valuesOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** A request of early data says so, and 425 goes back to who sent it. */
export const r13: Check = {
  id: 'R13',
  title: 'Early-Data is kept, and 425 is forwarded',
  level: 'must',
  rule: 'RFC 8470 5',
  sent: 'GET with Early-Data: 1; the origin answers 425.',
  judged: 'Fails when the field does not arrive, or the client gets another status.',
  needs: ['wire', 'ledger'],
  async run(probe) {
    const id = probe.token()
    const answer = await probe.ask({ id, fields: [['Early-Data', '1']], hp: 'status=425' })
    const { fields } = await probe.received(id, answer)
    const isKept = valuesOf(fields, 'early-data').includes('1')
    const seen = `Early-Data ${isKept ? 'arrived' : 'did not arrive'}; the client got ${statusOf(answer)}.`
    if (isKept && statusOf(answer) === 425) return pass(seen)
    return broken(
      seen,
      'The origin must know that the request may be a replay, and the client that it was not taken.',
    )
  },
}
