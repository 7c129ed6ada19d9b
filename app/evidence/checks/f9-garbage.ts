import { type Answer, describe, statusOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** What is no answer becomes 502. */
export const f9: Check = {
  id: 'F9',
  title: 'Garbage or nothing in the place of an answer becomes 502',
  level: 'should',
  rule: 'RFC 9110 15.6.3',
  sent: 'POST /; the origin sends garbage in the place of the status line, or ends the connection without an answer.',
  judged: 'Warns when the client gets anything but 502.',
  needs: ['wire', 'http1', 'proxy'],
  async run(probe) {
    const ask = (fault: string): Promise<Answer> =>
      probe.ask({ id: probe.token(), method: 'POST', body: 'x', hp: `fault=${fault}` })
    const garbage = await ask('status-line=garbage')
    const nothing = await ask('no-answer')
    const seen = `Garbage: ${describe(garbage)}. No answer: ${describe(nothing)}.`
    if (statusOf(garbage) === 502 && statusOf(nothing) === 502) return pass(seen)
    return broken(
      seen,
      '502 says that the server behind answered wrongly; 503 or a cut connection do not.',
    )
  },
}
