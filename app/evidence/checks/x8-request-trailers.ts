import { describe, valuesOf } from '../client/answer.ts'
import { type Check, note } from './check.ts'

/** Trailers of a request. */
export const x8: Check = {
  id: 'X8',
  title: 'Trailers of a request',
  level: 'note',
  rule: 'RFC 9110 6.5',
  sent: 'A chunked POST /upload with Trailer: X-Sum, and X-Sum: abc behind the last chunk.',
  judged: 'Tells whether they are kept, merged into the head, or lost.',
  needs: ['wire', 'ledger'],
  async run(probe) {
    const id = probe.token()
    const trailers = [['X-Sum', 'abc']] as const
    const request = {
      id,
      method: 'POST',
      path: '/upload',
      body: 'x'.repeat(100),
      isChunked: true,
      trailers,
    }
    const answer = await probe.ask({ ...request, fields: [['Trailer', 'X-Sum']] })
    const [record] = await probe.arrivals(id)
    if (record === undefined) return note(`Refused: the client got ${describe(answer)}.`)
    if (valuesOf(record.trailers ?? [], 'x-sum').includes('abc')) return note('Kept.')
    if (valuesOf(record.headers ?? [], 'x-sum').includes('abc'))
      return note('Merged into the head.')
    return note('Lost.', 'A proxy may drop trailers.')
  },
}
