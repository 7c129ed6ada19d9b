import { gzipSync } from 'node:zlib'

import { acceptsGzip } from '../../endpoints/accept.ts'
import type { AdminAnswer } from './route.ts'

// Smaller ones fit into a packet anyway. Larger ones are profiles, and would hold up probes: 1.2 MB of
// /metrics take 3 ms.
const [leastBytes, mostBytes] = [1024, 8 * 2 ** 20]

const texts = /^(?:text\/|application\/(?:json|openmetrics-text)|image\/svg\+xml)/

/**
 * The answer as gzip when the client takes it and the answer is a text large enough to gain by it.
 *
 * It is done at once and not in libuv's threads: the first use of those ends the process where no thread
 * can be made, and a page takes milliseconds.
 */
export function compress(answer: AdminAnswer, acceptEncoding: string | undefined): AdminAnswer {
  const { body, contentType = 'text/plain', headers } = answer
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  if (!Buffer.isBuffer(bytes) || bytes.length < leastBytes || bytes.length > mostBytes)
    return answer
  if (!texts.test(contentType)) return answer
  // Said of the plain answer, too: a cache must not give one client what another asked for.
  const varied = { ...headers, Vary: 'Accept-Encoding' }
  if (!acceptsGzip(acceptEncoding)) return { ...answer, headers: varied }
  const tag = headers?.['ETag']
  return {
    ...answer,
    headers: {
      ...varied,
      'Content-Encoding': 'gzip',
      // Other bytes than the plain page has: its tag is a weak one (RFC 9110 8.8.1).
      ...(tag !== undefined && { ETag: `W/${tag}` }),
    },
    body: gzipSync(bytes),
  }
}
