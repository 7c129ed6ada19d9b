import { judgeHead } from './bent-head.ts'
import type { Check } from './check.ts'

/** A space before the colon. */
export const f7: Check = {
  id: 'F7',
  title: 'A space before the colon of an answer is removed or refused',
  level: 'must',
  rule: 'RFC 9112 5.1',
  sent: 'GET /bin/100; a field of the answer is written X-HP-Space : one.',
  judged: 'Fails when the client gets the space.',
  needs: ['wire', 'http1', 'proxy'],
  run: (probe) =>
    judgeHead(probe, 'space-colon', {
      isRaw: (lines) => lines.some((line) => /^x-hp-space[ \t]+:/i.test(line)),
      why: 'A proxy must remove such whitespace from an answer before it forwards it.',
    }),
}
