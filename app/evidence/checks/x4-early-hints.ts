import { describe, isWholeSuccess, valuesOf } from '../client/answer.ts'
import { type Check, broken, note, pass } from './check.ts'

/** 103 passes. */
export const x4: Check = {
  id: 'X4',
  title: '103 Early Hints are forwarded',
  level: 'must',
  rule: 'RFC 9110 15.2',
  sent: 'GET /early-hints?count=2; the origin sends 103 with Link twice, and then 200.',
  judged:
    'Fails when the client does not get them, or not the final answer. Behind HTTP/1.0 to the origin there are none: a note.',
  needs: ['wire'],
  async run(probe) {
    const answer = await probe.ask({ id: probe.token(), path: '/early-hints?count=2' })
    const hints = answer.interims.filter(({ status }) => status === 103)
    const links = hints.filter(({ fields }) => valuesOf(fields, 'link').length === 1)
    const seen = `The client got ${describe(answer)}.`
    if (!isWholeSuccess(answer))
      return broken(seen, 'The proxy took an interim answer for the final one.')
    if (links.length === 2) return pass(seen)
    if (probe.originVersion === '1.0')
      return note(seen, 'It speaks HTTP/1.0 to the origin, which has no interim answers.')
    return broken(seen, 'A proxy must forward 1xx that it did not ask for itself.')
  },
}
