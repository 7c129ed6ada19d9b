import { describe, valuesIn, valuesOf } from '../client/answer.ts'
import { type Check, note } from './check.ts'

/** Trailers of an answer. */
export const x7: Check = {
  id: 'X7',
  title: 'Trailers of an answer',
  level: 'note',
  rule: 'RFC 9110 6.5',
  sent: 'GET /trailers?X-Sum=abc with TE: trailers; the origin sends X-Sum behind the last chunk.',
  judged: 'Tells whether they are kept, merged into the head, or lost.',
  needs: ['wire'],
  async run(probe) {
    const fields = [
      ['TE', 'trailers'],
      ['Connection', 'close, TE'],
    ] as const
    const request = { id: probe.token(), path: '/trailers?X-Sum=abc', fields, isLast: false }
    const answer = await probe.ask(request)
    if (valuesOf(answer.trailers, 'x-sum').includes('abc')) return note('Kept.')
    if (valuesIn(answer, 'x-sum').includes('abc'))
      return note('Merged into the head, which a proxy must not do unless it knows the field.')
    if (answer.end !== 'complete')
      return note(`The answer broke: ${describe(answer)}.`, 'It cannot read trailers.')
    return note('Lost.', 'A proxy may drop trailers; gRPC and digests need them.')
  },
}
