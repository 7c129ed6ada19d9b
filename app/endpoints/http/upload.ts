import { createHash } from 'node:crypto'

import { OriginError } from '../../errors.ts'
import { loadCrc32c } from '../../evidence/crc32c.ts'
import { createVerifier } from '../../evidence/verifier.ts'
import { seededPayload } from '../../traffic/payload.ts'
import { objectOf, requestIdHeader, withOptional } from '../answers.ts'
import { emptyBody } from '../body.ts'
import { flag, integer, maybe, optional } from '../codecs.ts'
import { endpoint } from '../endpoint.ts'
import { echoWith } from './echo-schema.ts'
import { echoReply } from './echo.ts'

const uploadSchema = echoWith(
  withOptional(
    objectOf({
      bytes_received: { type: 'integer', minimum: 0 },
      duration_ms: { type: 'number', minimum: 0 },
    }),
    {
      sha256: { type: 'string', description: 'In hex; with digest=true' },
      crc32c: { type: 'string', description: 'In hex; with digest=true' },
      first_bad_offset: { type: 'integer', description: '-1 when intact; with seed' },
    },
  ),
)

export const upload = endpoint({
  id: 'upload',
  path: '/upload',
  summary:
    'Reads and drops the body; says how much came, and on request its digests and first bad byte',
  parameters: {
    digest: {
      in: 'query',
      codec: optional(flag(), false),
      doc: 'adds sha256 and crc32c of the body',
    },
    seed: {
      in: 'query',
      codec: maybe(integer(0, Number.MAX_SAFE_INTEGER)),
      doc: 'the body should be the payload of /bin with this seed: adds first_bad_offset, -1 = intact',
    },
  },
  group: 'payload',
  answers: {
    200: {
      description: 'How much came',
      headers: requestIdHeader,
      content: { 'application/json': uploadSchema },
    },
  },
  reads: 'pieces',
  examples: [
    {
      path: '/upload',
      method: 'POST',
      body: 'test upload data',
      status: 200,
      expectBody: { json: { body: '', body_size: 16, bytes_received: 16 } },
    },
    {
      path: '/upload?digest=true&seed=0',
      method: 'PUT',
      body: 'ABCDEFGHIX',
      status: 200,
      expectBody: {
        json: {
          bytes_received: 10,
          sha256: '13c0c02164adc79e695d7f6aa79a51c40bbaf55ab90ffb4ba5d41bc1a784c257',
          crc32c: '24fc1965',
          first_bad_offset: 9,
        },
      },
    },
  ],
  async handle(exchange, { digest, seed }) {
    const startedAt = performance.now()
    const sha256 = digest ? createHash('sha256') : undefined
    const crc32c = digest ? neededCrc32c() : undefined
    const verifier =
      seed === undefined
        ? undefined
        : createVerifier(seededPayload(exchange.origin.block, seed, Number.MAX_SAFE_INTEGER))
    let bytesReceived = 0
    let crc = 0
    await exchange.readBody((piece) => {
      bytesReceived += piece.length
      sha256?.update(piece)
      if (crc32c !== undefined)
        crc = crc32c(Buffer.from(piece.buffer, piece.byteOffset, piece.length), crc)
      verifier?.take(piece)
    })
    return echoReply(exchange, {
      endpoint: 'upload',
      body: { ...emptyBody, size: bytesReceived },
      hasBodyText: false,
      extra: {
        bytes_received: bytesReceived,
        duration_ms: Math.round((performance.now() - startedAt) * 1000) / 1000,
        ...(sha256 && { sha256: sha256.digest('hex'), crc32c: crc.toString(16).padStart(8, '0') }),
        ...(verifier && { first_bad_offset: verifier.firstBadOffset() }),
      },
    })
  },
})

function neededCrc32c(): NonNullable<ReturnType<typeof loadCrc32c>> {
  const crc32c = loadCrc32c()
  if (crc32c !== undefined) return crc32c
  throw new OriginError(
    'SERVICE_OVERLOADED',
    'digest=true needs a module that cannot be loaded now, as when the process has no open file left; try again later',
  )
}
