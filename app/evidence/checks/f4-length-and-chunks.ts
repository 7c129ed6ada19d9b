import { describe, valuesIn } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** Chunks win over a length, which is dropped. */
export const f4: Check = {
  id: 'F4',
  title: 'Content-Length beside Transfer-Encoding is not forwarded',
  level: 'must',
  rule: 'RFC 9112 6.3',
  sent: 'GET /bin/100; the answer is chunked and has Content-Length: 7.',
  judged: 'Fails when the client gets both fields, or 7 bytes as the whole answer.',
  needs: ['wire', 'http1.1', 'proxy'],
  isAlone: true,
  async run(probe) {
    const hp = 'fault=head=length-and-chunks'
    const answer = await probe.ask({ id: probe.token(), path: '/bin/100', hp })
    const lengths = valuesIn(answer, 'content-length')
    const hasBoth = lengths.length > 0 && valuesIn(answer, 'transfer-encoding').length > 0
    const isShort = lengths.includes('7') && answer.head?.status === 200
    const seen = `${describe(answer)}, Content-Length: ${lengths.join(' and ') || 'none'}.`
    if (!hasBoth && !isShort) return pass(seen)
    return broken(
      seen,
      'The next proxy or client may believe the length: the rest of the body becomes the next answer.',
    )
  },
}
