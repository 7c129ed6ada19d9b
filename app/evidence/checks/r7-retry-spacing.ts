import { showMs } from '../client/answer.ts'
import { gapsOf } from './attempts.ts'
import { type Check, note } from './check.ts'

/** How long between two attempts? */
export const r7: Check = {
  id: 'R7',
  title: 'How long it waits between two attempts',
  level: 'note',
  rule: '-',
  sent: 'GET; the origin answers 503 nine times.',
  judged: "Tells the gaps between the arrivals, by the origin's clock.",
  needs: ['ledger'],
  async run(probe) {
    const id = probe.token()
    await probe.ask({ id, path: '/bin/10', hp: 'status=503:first9' })
    const gaps = gapsOf(await probe.arrivals(id))
    if (gaps.length === 0) return note('It does not try again, so there is nothing to space.')
    const grows = gaps.length > 1 && gaps.slice(1).every((gap, at) => gap > 1.5 * (gaps[at] ?? 0))
    const isAtOnce = Math.max(...gaps) < 20
    const kind = isAtOnce ? 'At once' : grows ? 'Growing (a backoff)' : 'Not growing'
    return note(`${kind}: ${gaps.map(showMs).join(', ')}.`)
  },
}
