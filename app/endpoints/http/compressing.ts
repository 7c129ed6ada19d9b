import { promisify } from 'node:util'
import { brotliCompress, deflate as zlibDeflate, gzip as zlibGzip } from 'node:zlib'

import { requestIdHeader } from '../answers.ts'
import { type Endpoint, type Exchange, type Reply } from '../endpoint.ts'
import { echoSchema } from './echo-schema.ts'
import { echoJson } from './echo.ts'

const codings = {
  gzip: promisify<Buffer, Buffer>(zlibGzip),
  deflate: promisify<Buffer, Buffer>(zlibDeflate),
  br: promisify<Buffer, Buffer>(brotliCompress),
}

/** What rows have in common whose echo is compressed whatever Accept-Encoding says. */
export const compressing = {
  parameters: {},
  group: 'client',
  answers: {
    200: {
      description: 'The echo, compressed',
      headers: { 'Content-Encoding': 'How', ...requestIdHeader },
      content: { 'application/json': echoSchema },
    },
  },
  reads: 'whole',
} as const satisfies Partial<Endpoint>

/** The echo with one field more, in that coding. Threads of the engine's pool compress. */
export async function compressedEcho(
  exchange: Exchange,
  coding: keyof typeof codings,
  extra: object,
): Promise<Reply> {
  const { requestId } = exchange
  // Made before the wait: the body is lent.
  const json = Buffer.from(echoJson(exchange, { endpoint: coding, extra }))
  return {
    status: 200,
    headers: [
      ['Content-Type', 'application/json'],
      ['Content-Encoding', coding],
      ['X-Request-ID', requestId],
    ],
    body: { kind: 'bytes', bytes: await codings[coding](json) },
  }
}
