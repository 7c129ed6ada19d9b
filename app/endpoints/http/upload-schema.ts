import { digestFields } from '../../evidence/digests.ts'
import { type Schema, objectOf, withOptional } from '../answers.ts'
import { echoWith } from './echo-schema.ts'

const nullableText: Schema = { type: ['string', 'null'] }
const nullableMs: Schema = { type: ['number', 'null'], minimum: 0 }

const checkedDigest = withOptional(
  objectOf({
    field: { type: 'string', enum: digestFields },
    where: { type: 'string', enum: ['header', 'trailer'] },
    algorithm: nullableText,
    ok: { type: ['boolean', 'null'], description: 'Null when it could not be checked' },
    given: nullableText,
    computed: nullableText,
  }),
  { why: { type: 'string', description: 'Why it could not be checked' } },
)

const timing: Schema = {
  ...objectOf({
    first_byte_ms: nullableMs,
    last_byte_ms: nullableMs,
    end_ms: { type: 'number', minimum: 0 },
    continue_ms: {
      ...nullableMs,
      description: 'When 100 was sent to a client that waited for it; null on the fast listener',
    },
    longest_gap_ms: { ...nullableMs, description: 'Between two pieces' },
    piece_count: { type: 'integer', minimum: 0 },
    pieces: {
      type: 'array',
      description: '[ms, bytes] of each read of the socket, up to 1000',
      items: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
    },
    pieces_cut: { type: 'boolean', description: 'There were more pieces than are shown' },
  }),
  description: 'With timing=true: milliseconds since the head of the request was there',
}

/** The body of an upload's answer. */
export const uploadSchema = echoWith(
  withOptional(
    objectOf({
      bytes_received: { type: 'integer', minimum: 0 },
      duration_ms: { type: 'number', minimum: 0 },
    }),
    {
      sha256: { type: 'string', description: 'In hex; with digest=true' },
      crc32c: { type: 'string', description: 'In hex; with digest=true' },
      first_bad_offset: { type: 'integer', description: '-1 when intact; with seed' },
      digest_ok: {
        type: ['boolean', 'null'],
        description:
          'Whether the digests that came with the body are right; null when none of them could be checked; absent when none came',
      },
      digest_algorithm: {
        ...nullableText,
        description: 'Of the digest that decided',
      },
      digests: { type: 'array', items: checkedDigest, description: 'Each of them' },
      timing,
    },
  ),
)
