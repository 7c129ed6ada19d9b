import { statusOf } from '../client/answer.ts'
import { type Check, note } from './check.ts'

const codes = [500, 502, 503, 504, 429] as const

/** Which failures of a GET are tried again? */
export const r6: Check = {
  id: 'R6',
  title: 'Which statuses of a GET are tried again, and how often',
  level: 'note',
  rule: 'RFC 9110 9.2.2',
  sent: `GET; the origin answers ${codes.join(', ')} nine times, and then 200.`,
  judged: 'Tells how often each request arrived.',
  needs: ['ledger'],
  async run(probe) {
    const told = await Promise.all(
      codes.map(async (code) => {
        const id = probe.token()
        const answer = await probe.ask({ id, path: '/bin/10', hp: `status=${code}:first9` })
        const times = (await probe.arrivals(id)).length
        return { code, times, status: statusOf(answer) }
      }),
    )
    const retried = told.filter(({ times }) => times > 1)
    if (retried.length === 0) return note('None of them is tried again.')
    const list = retried.map(({ code, times, status }) => `${code}: ${times} times, then ${status}`)
    return note(`${list.join('; ')}. Others are not tried again.`)
  },
}
