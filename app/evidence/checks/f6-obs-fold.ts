import { judgeHead } from './bent-head.ts'
import type { Check } from './check.ts'

/** A field over two lines. */
export const f6: Check = {
  id: 'F6',
  title: 'A folded field of an answer is unfolded or refused',
  level: 'must',
  rule: 'RFC 9112 5.2',
  sent: 'GET /bin/100; a field of the answer goes on in the next line, which begins with a space.',
  judged: 'Fails when the client gets the fold.',
  needs: ['wire', 'http1', 'proxy'],
  run: (probe) =>
    judgeHead(probe, 'obs-fold', {
      isRaw: (lines) => lines.some((line) => /^[ \t]/.test(line)),
      why: 'A proxy must replace a fold by spaces, or the answer by 502: readers differ about the second line.',
    }),
}
