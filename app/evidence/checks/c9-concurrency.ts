import { statusOf } from '../client/answer.ts'
import { type Check, note } from './check.ts'

const atOnce = 60

/** How many requests reach the origin at a time. */
export const c9: Check = {
  id: 'C9',
  title: 'How many slow requests it lets through at once',
  level: 'note',
  rule: '-',
  sent: `${atOnce} requests at once, each of which takes 1 s at the origin.`,
  judged: 'Tells the most that were at the origin at a time, and the statuses.',
  needs: ['ledger'],
  isAlone: true,
  async run(probe) {
    const ids = Array.from({ length: atOnce }, () => probe.token())
    const answers = await Promise.all(ids.map((id) => probe.ask({ id, path: '/delay/1000' })))
    const records = (await Promise.all(ids.map((id) => probe.arrivals(id)))).flat()
    const spans = records.map(
      ({ arrived_ms: from, times }) => [from, from + (times.end ?? 1000)] as const,
    )
    const peak = Math.max(
      0,
      ...spans.map(([at]) => spans.filter(([from, to]) => from <= at && at < to).length),
    )
    const failed = answers.filter((answer) => statusOf(answer) !== 200)
    const codes = [...new Set(failed.map((answer) => statusOf(answer)))].join(', ')
    const told =
      failed.length === 0 ? 'all were answered 200' : `${failed.length} were answered ${codes}`
    return note(`${peak} of ${atOnce} were at the origin at a time; ${told}.`)
  },
}
