import { createHash } from 'node:crypto'

import { OriginError } from '../../errors.ts'
import {
  type Payload,
  digestPayload,
  encryptedPayload,
  seededPayload,
} from '../../traffic/payload.ts'
import { bytesBody } from '../answers.ts'
import { flag, integer, maybe, oneOf, optional, size } from '../codecs.ts'
import { type Exchange, type Headers, type Reply, endpoint } from '../endpoint.ts'
import { wireOnly } from '../wire-only.ts'
import { fieldValue, withDigests } from './digest-fields.ts'
import { multiRangeReply, readRanges } from './multi-range.ts'
import { readRange } from './range.ts'

const headers: Headers = [
  ['Content-Type', 'application/octet-stream'],
  ['Content-Disposition', 'attachment; filename="data.bin"'],
]

// RFC 9110 14.3.
const rangedHeaders: Headers = [...headers, ['Accept-Ranges', 'bytes']]

// How documents describe the response headers.
const binHeaders = {
  'Content-Disposition': 'The file name a browser saves it under',
  'Accept-Ranges': 'That Range is honoured here',
  'X-HP-Seed': 'The seed of random=true',
  'Repr-Digest': 'The SHA-256 of the whole payload, with digest=true (RFC 9530)',
  'Content-Digest':
    'The SHA-256 of the bytes of this answer, with digest=true; not of several ranges',
}

interface BinValues {
  readonly size: number
  readonly chunked: boolean
  readonly seed: number | undefined
  readonly random: boolean
  readonly cipher: 'aes-128-cbc' | undefined
  readonly hash: 'sha256' | undefined
  readonly digest: boolean
}

export const bin = endpoint({
  id: 'bin',
  path: '/bin/{size}',
  summary:
    'Exactly size bytes, with Content-Length or chunked; byte i depends on the seed and i only',
  parameters: {
    size: { in: 'path', codec: size(), doc: 'how many bytes' },
    chunked: {
      in: 'query',
      codec: optional(flag(), false),
      doc: 'chunked instead of Content-Length',
    },
    seed: {
      in: 'query',
      codec: maybe(integer(0, Number.MAX_SAFE_INTEGER)),
      doc: '0, the default, is A-Z0-9 repeated; any other is the AES-128-CTR keystream of that key',
    },
    random: {
      in: 'query',
      codec: optional(flag(), false),
      doc: 'incompressible: a new seed each time, told in X-HP-Seed',
    },
    cipher: {
      in: 'query',
      codec: maybe(oneOf('aes-128-cbc')),
      doc: 'the payload encrypted for each request (IV first, PKCS#7): CPU cost that grows with size',
    },
    hash: {
      in: 'query',
      codec: maybe(oneOf('sha256')),
      doc: 'the hex digest of the payload instead of it, computed for each request',
    },
    digest: {
      in: 'query',
      codec: optional(flag(), false),
      doc: 'adds Repr-Digest and Content-Digest (RFC 9530); with chunked they are trailers, which only the wire listener has',
    },
  },
  group: 'payload',
  answers: {
    200: {
      description: 'The payload, or its digest',
      headers: binHeaders,
      content: { 'application/octet-stream': bytesBody },
    },
    206: {
      description: 'The range that was asked for; several ranges on the wire listener only',
      headers: { ...binHeaders, 'Content-Range': 'Where the bytes stand in the payload' },
      content: { 'application/octet-stream': bytesBody, 'multipart/byteranges': bytesBody },
    },
    416: {
      description: 'The range is past the end of the payload',
      headers: { 'Content-Range': 'How long the payload is' },
    },
  },
  refusals: ['INVALID_REQUEST', 'UNSUPPORTED_ON_LISTENER'],
  requestHeaders: {
    Range: 'A part of the payload, such as bytes=0-99 (RFC 9110 14.2)',
    'If-Range': 'A payload has no validator, so with this header Range is ignored',
  },
  reads: 'nothing',
  examples: [
    {
      path: '/bin/1M?sed=7',
      status: 400,
      expectBody: { json: { code: 'INVALID_REQUEST' } },
    },
    {
      path: '/bin/1K',
      status: 200,
      expectHeaders: {
        'content-type': 'application/octet-stream',
        'content-length': '1024',
        'content-disposition': 'attachment; filename="data.bin"',
        'accept-ranges': 'bytes',
      },
      expectBody: { bytes: 1024 },
    },
    { path: '/bin/40', status: 200, expectBody: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCD' },
    {
      path: '/bin/2m?chunked=true',
      status: 200,
      expectHeaders: { 'transfer-encoding': 'chunked' },
      expectBody: { bytes: 2 * 2 ** 20 },
    },
    {
      path: '/bin/100?digest=true',
      headers: { range: 'bytes=34-37' },
      status: 206,
      expectHeaders: { 'content-range': 'bytes 34-37/100' },
      expectBody: '89AB',
    },
    {
      path: '/bin/36?hash=sha256',
      status: 200,
      expectBody: '2d18c15e22115104be36dd6a16fc170a3385e6e879e76fb91bf9fdb4d3f38243',
    },
    { path: '/bin/1000?cipher=aes-128-cbc', status: 200, expectBody: { bytes: 1024 } },
    {
      path: '/bin/36?digest=true&chunked=true',
      status: 200,
      needsWire: true,
      expectHeaders: { trailer: 'Repr-Digest, Content-Digest', 'transfer-encoding': 'chunked' },
      expectBody: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
    },
    { path: '/bin/1Q', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  handle(exchange, values) {
    if (values.hash !== undefined || values.digest) return costlyReply(exchange, values)
    return values.cipher === undefined
      ? plainReply(exchange, values)
      : cipherReply(exchange, values)
  },
})

function cipherReply(exchange: Exchange, values: BinValues): Reply {
  const seed = chooseSeed(exchange, values)
  const made = encryptedPayload(seededPayload(exchange.origin.block, seed, values.size))
  const extra: Headers = values.random ? [['X-HP-Seed', String(seed)]] : []
  return {
    status: 200,
    headers: [...headers, ...extra],
    body: { kind: 'sized', payload: made, start: 0, end: made.bytes, isChunked: values.chunked },
  }
}

function plainReply(exchange: Exchange, values: BinValues): Reply {
  const seed = chooseSeed(exchange, values)
  const payload = seededPayload(exchange.origin.block, seed, values.size)
  const extra: Headers = values.random ? [['X-HP-Seed', String(seed)]] : []
  const reply = rangedReply(exchange, payload, { isChunked: values.chunked, extra })
  // Only for seed 0: its payloads are slices of the shared block, those of other seeds would be kept byte by byte.
  return seed === 0 ? { ...reply, constantUnless: ['range'] } : reply
}

async function costlyReply(exchange: Exchange, values: BinValues): Promise<Reply> {
  if (values.digest && values.chunked && exchange.wire === undefined) {
    throw wireOnly(exchange.origin, 'digest=true with chunked=true needs trailers')
  }
  const range = wantedRange(exchange)
  const seed = chooseSeed(exchange, values)
  const plain = seededPayload(exchange.origin.block, seed, values.size)
  const extra: (readonly [string, string])[] = values.random ? [['X-HP-Seed', String(seed)]] : []
  if (values.digest && values.cipher === undefined && values.hash === undefined) {
    const reply = rangedReply(exchange, plain, { isChunked: values.chunked, extra, range })
    return reply.status === 416 ? reply : withDigests(reply, plain, exchange)
  }
  return computedReply(exchange, values, { plain, extra })
}

// Encrypted and hashed bodies are made anew for each request, so a range of one would belong to a body that does not
// exist. Range is ignored, as RFC 9110 14.2 allows.
async function computedReply(
  exchange: Exchange,
  values: BinValues,
  { plain, extra }: { plain: Payload; extra: (readonly [string, string])[] },
): Promise<Reply> {
  const made = values.cipher === undefined ? plain : encryptedPayload(plain)
  if (values.hash === undefined) {
    throw new OriginError(
      'INVALID_REQUEST',
      'digest=true cannot be combined with cipher, whose bytes differ each time; leave one of them out',
    )
  }
  const digest = (await digestPayload(made, exchange.signal)).toString('hex')
  if (values.digest) {
    const ofBody = fieldValue(createHash('sha256').update(digest).digest())
    extra.push(['Repr-Digest', ofBody])
    if (exchange.method !== 'HEAD') extra.push(['Content-Digest', ofBody])
  }
  return { status: 200, headers: [...headers, ...extra], body: { kind: 'bytes', bytes: digest } }
}

function chooseSeed({ origin }: Exchange, { seed, random }: BinValues): number {
  if (!random) return seed ?? 0
  if (seed === 0) {
    throw new OriginError('INVALID_REQUEST', 'random=true needs a seed other than 0, the alphabet')
  }
  return seed ?? 1 + Math.floor(origin.random() * (2 ** 32 - 1))
}

// Range is defined for GET (RFC 9110 14.2). A payload has no validator, so the condition of an If-Range never holds,
// and the whole payload is the answer (13.1.5).
function wantedRange(exchange: Exchange): string {
  const isPlainGet = exchange.method === 'GET' && exchange.header('if-range') === ''
  return isPlainGet ? exchange.header('range') : ''
}

function rangedReply(
  exchange: Exchange,
  payload: Payload,
  options: { readonly isChunked: boolean; readonly extra: Headers; readonly range?: string },
): Reply {
  const all = options.extra.length === 0 ? rangedHeaders : [...rangedHeaders, ...options.extra]
  const { isChunked } = options
  const text = options.range ?? wantedRange(exchange)
  if (text === '' || isChunked) {
    return {
      status: 200,
      headers: all,
      body: { kind: 'sized', payload, start: 0, end: payload.bytes, isChunked },
    }
  }
  const ranges = exchange.wire === undefined ? undefined : readRanges(text, payload.bytes)
  const [only] = ranges ?? []
  if (ranges !== undefined && ranges.length > 1) return multiRangeReply(payload, ranges, all)
  const range = ranges === undefined ? readRange(text, payload.bytes) : (only ?? 'unsatisfiable')
  if (range === 'whole') {
    return {
      status: 200,
      headers: all,
      body: { kind: 'sized', payload, start: 0, end: payload.bytes, isChunked },
    }
  }
  if (range === 'unsatisfiable') {
    return {
      status: 416,
      headers: [['Content-Range', `bytes */${payload.bytes}`]],
      body: { kind: 'bytes', bytes: '' },
    }
  }
  return {
    status: 206,
    headers: [...all, ['Content-Range', `bytes ${range.start}-${range.end - 1}/${payload.bytes}`]],
    body: { kind: 'sized', payload, ...range, isChunked },
  }
}
