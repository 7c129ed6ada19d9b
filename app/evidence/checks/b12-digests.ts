import { createHash } from 'node:crypto'

import { type Answer, describe, valuesIn, valuesOf } from '../client/answer.ts'
import { type Check, broken, note, pass } from './check.ts'

/** Digests arrive, and are true. */
export const b12: Check = {
  id: 'B12',
  title: 'Digests of an answer arrive and are true',
  level: 'must',
  rule: 'RFC 9530 2',
  sent: 'GET /bin/10000?digest=true with Repr-Digest in the head, and chunked with Repr-Digest as a trailer, which the client asks for with TE.',
  judged:
    'Fails when the digest of the head is missing or wrong. A trailer that is lost is a note: a proxy may drop trailers.',
  needs: ['wire'],
  async run(probe) {
    const path = '/bin/10000?seed=7&digest=true'
    const sized = await probe.ask({ id: probe.token(), path })
    const inHead = valuesIn(sized, 'repr-digest')
    if (!inHead.includes(digestOf(sized))) {
      return broken(
        `${describe(sized)}, Repr-Digest: ${inHead.join() || 'none'}.`,
        'Without a true digest the client cannot tell that the bytes are those of the origin.',
      )
    }
    const fields = [
      ['TE', 'trailers'],
      ['Connection', 'close, TE'],
    ] as const
    const chunked = await probe.ask({
      id: probe.token(),
      path: `${path}&chunked=true`,
      fields,
      isLast: false,
    })
    const behind = valuesOf(chunked.trailers, 'repr-digest')
    if (behind.includes(digestOf(chunked))) return pass('Both arrived and are true.')
    if (behind.length > 0)
      return broken(
        `The trailer says ${behind.join()}.`,
        'It is not the digest of the bytes that came.',
      )
    return note(
      'The digest of the head arrived and is true; the trailer was lost.',
      'A proxy may drop trailers (RFC 9110 6.5.1).',
    )
  },
}

function digestOf({ body }: Answer): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
}
