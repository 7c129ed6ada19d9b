import { statusOf } from '../client/answer.ts'
import { type Check, broken, note, pass } from './check.ts'
import { stream } from './stream-gaps.ts'
import { uploadSlowly } from './uploaded-pieces.ts'

/** The standard request not to buffer. */
export const b7: Check = {
  id: 'B7',
  title: 'Incremental: ?1 is heeded',
  level: 'should',
  rule: 'RFC 10036',
  sent: 'GET /sse whose answer says Incremental: ?1, and a slow POST /upload that says it.',
  judged: 'Warns when either is held back. A refusal with an error is allowed.',
  needs: ['ledger'],
  async run(probe) {
    const down = await stream(probe, {
      fields: [['Incremental', '?1']],
      hp: 'header=Incremental:?1',
    })
    const up = await uploadSlowly(probe, [['Incremental', '?1']])
    const seen = `Down: ${down.seen}. Up: ${up.seen}.`
    if (statusOf(down.answer) >= 500 || up.status >= 500)
      return note(seen, 'It refuses what it will not pass on piece by piece, which is allowed.')
    if (!down.isBuffered && !up.isBuffered) return pass(seen)
    const which = [down.isBuffered && 'the answer', up.isBuffered && 'the upload'].filter(
      (one) => one !== false,
    )
    return broken(seen, `It holds ${which.join(' and ')} back although it was asked not to.`)
  },
}
