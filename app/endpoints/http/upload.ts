import { createHash } from 'node:crypto'

import { OriginError } from '../../errors.ts'
import { ArrivalMeter } from '../../evidence/arrival-times.ts'
import { loadCrc32c } from '../../evidence/crc32c.ts'
import { type CheckedDigest, DigestCheck, allRight } from '../../evidence/digests.ts'
import { createVerifier } from '../../evidence/verifier.ts'
import { seededPayload } from '../../traffic/payload.ts'
import { requestIdHeader } from '../answers.ts'
import { emptyBody } from '../body.ts'
import { flag, integer, maybe, optional } from '../codecs.ts'
import { endpoint } from '../endpoint.ts'
import { echoReply } from './echo.ts'
import { uploadSchema } from './upload-schema.ts'

export const upload = endpoint({
  id: 'upload',
  path: '/upload',
  summary:
    'Reads and drops the body; says how much came and whether it is what was sent: its digests, first bad byte, times of arrival',
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
    timing: {
      in: 'query',
      codec: optional(flag(), false),
      doc: 'adds when each piece came, so that a proxy shows that holds bodies back',
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
  requestHeaders: {
    'Content-Digest': 'Checked: digest_ok says whether it fits the body (RFC 9530)',
    'Repr-Digest': 'Likewise; both may be trailers on the wire listener, announced by Trailer',
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
    {
      path: '/upload',
      method: 'POST',
      headers: { 'content-digest': 'sha-256=:E8DAIWStx55pXX9qp5pRxAu69Vq5D/tLpdQbwaeEwlc=:' },
      body: 'ABCDEFGHIX',
      status: 200,
      expectBody: { json: { digest_ok: true, digest_algorithm: 'sha-256' } },
    },
  ],
  async handle(exchange, { digest, seed, timing }) {
    const startedAt = performance.now()
    const sha256 = digest ? createHash('sha256') : undefined
    const crc32c = digest ? neededCrc32c() : undefined
    const check = new DigestCheck((name) => valueOf(exchange.headers, name))
    const meter = timing ? new ArrivalMeter(startedAt) : undefined
    const verifier =
      seed === undefined
        ? undefined
        : createVerifier(seededPayload(exchange.origin.block, seed, Number.MAX_SAFE_INTEGER))
    let bytesReceived = 0
    let crc = 0
    // Reading the body sends the 100 that the client waits for.
    if (exchange.wire?.expectsContinue === true) meter?.continued()
    await exchange.readBody((piece) => {
      bytesReceived += piece.length
      meter?.take(piece.length)
      sha256?.update(piece)
      check.take(piece)
      if (crc32c !== undefined)
        crc = crc32c(Buffer.from(piece.buffer, piece.byteOffset, piece.length), crc)
      verifier?.take(piece)
    })
    const [hash, firstBadOffset] = [sha256?.digest('hex'), verifier?.firstBadOffset()]
    exchange.arrival?.verified({ sha256: hash, firstBadOffset })
    return echoReply(exchange, {
      endpoint: 'upload',
      body: { ...emptyBody, size: bytesReceived },
      hasBodyText: false,
      extra: {
        bytes_received: bytesReceived,
        duration_ms: Math.round((performance.now() - startedAt) * 1000) / 1000,
        ...(sha256 && { sha256: hash, crc32c: crc.toString(16).padStart(8, '0') }),
        ...(verifier && { first_bad_offset: firstBadOffset }),
        ...digestsOf(check.results((name) => valueOf(exchange.wire?.trailers ?? [], name))),
        ...(meter && { timing: meter.times() }),
      },
    })
  },
})

function digestsOf(results: readonly CheckedDigest[]): object {
  if (results.length === 0) return {}
  // The digest that says most: a wrong one, otherwise a right one.
  const told =
    results.find(({ ok }) => ok === false) ?? results.find(({ ok }) => ok === true) ?? results[0]
  return {
    digest_ok: allRight(results),
    digest_algorithm: told?.algorithm ?? null,
    digests: results,
  }
}

// Repeated lines are one list (RFC 9110 5.3).
function valueOf(lines: readonly string[], name: string): string {
  const values = lines.filter((_, at) => at % 2 === 1 && lines[at - 1]?.toLowerCase() === name)
  return values.join(', ')
}

function neededCrc32c(): NonNullable<ReturnType<typeof loadCrc32c>> {
  const crc32c = loadCrc32c()
  if (crc32c !== undefined) return crc32c
  throw new OriginError(
    'SERVICE_OVERLOADED',
    'digest=true needs a module that cannot be loaded now, as when the process has no open file left; try again later',
  )
}
