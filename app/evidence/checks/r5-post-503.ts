import type { Check } from './check.ts'
import { judgePost } from './post-attempts.ts'

/** A refused POST is told, not tried again. */
export const r5: Check = {
  id: 'R5',
  title: 'A POST is not sent again after a 503',
  level: 'must',
  rule: 'RFC 9110 9.2.2',
  sent: 'POST with a body; the first answer of the origin is 503.',
  judged: 'Fails when the request arrives more than once, unless a retry policy says so.',
  needs: ['ledger'],
  run: (probe) =>
    judgePost(
      probe,
      { id: probe.token(), body: 'order=1', hp: 'status=503:first1' },
      'A proxy must not repeat a POST by itself. If you configured retries on 503 for all methods, this is what they do.',
    ),
}
