import { judgeHead } from './bent-head.ts'
import { type Check, broken } from './check.ts'

/** CR and NUL inside a value. */
export const f8: Check = {
  id: 'F8',
  title: 'A CR or NUL inside a value of an answer is not forwarded',
  level: 'must',
  rule: 'RFC 9110 5.5',
  sent: 'GET /bin/100 twice; a value of the answer has a CR in it, and then a NUL.',
  judged: 'Fails when the client gets the byte.',
  needs: ['wire', 'http1', 'proxy'],
  async run(probe) {
    const why =
      'A recipient must replace such bytes by spaces or refuse the message: the next reader may see another field behind a CR.'
    const cr = await judgeHead(probe, 'bare-cr', { isRaw, why })
    const nul = await judgeHead(probe, 'nul', { isRaw, why })
    const seen = `CR: ${cr.seen} NUL: ${nul.seen}`
    if (cr.verdict === 'broken' || nul.verdict === 'broken') return broken(seen, why)
    return { ...cr, seen }
  },
}

function isRaw(lines: readonly string[]): boolean {
  return lines.some((line) => /x-hp-control/i.test(line) && /[\r\0]/.test(line))
}
