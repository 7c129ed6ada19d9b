import type { Check } from './check.ts'
import { judgePost } from './post-attempts.ts'

/** A POST with a body happens once. */
export const r2: Check = {
  id: 'R2',
  title: 'A POST with a body is not sent again after a reset',
  level: 'must',
  rule: 'RFC 9110 9.2.2',
  sent: 'POST with a body; the first time the origin resets the connection when it has the request.',
  judged: 'Fails when the request arrives more than once.',
  needs: ['wire', 'http1', 'ledger'],
  run: (probe) =>
    judgePost(
      probe,
      { id: probe.token(), body: 'order=1', hp: 'fault=reset@headers:first1' },
      'A proxy must not repeat a request that is not idempotent: the origin had got it, so it was carried out twice.',
    ),
}
