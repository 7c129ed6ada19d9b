import type { Check } from './check.ts'
import { judgePost } from './post-attempts.ts'

/** A POST without a body happens once, too. */
export const r3: Check = {
  id: 'R3',
  title: 'A POST without a body is not sent again after a reset',
  level: 'must',
  rule: 'RFC 9110 9.2.2',
  sent: 'POST with Content-Length: 0; the first time the origin resets the connection when it has the request.',
  judged: 'Fails when the request arrives more than once.',
  needs: ['wire', 'http1', 'ledger'],
  run: (probe) =>
    judgePost(
      probe,
      { id: probe.token(), body: '', hp: 'fault=reset@headers:first1' },
      'Without a body a POST is as little idempotent as with one.',
    ),
}
