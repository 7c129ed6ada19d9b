import { statusOf } from '../client/answer.ts'
import { type Check, note } from './check.ts'

const methods = ['QUERY', 'PROPFIND', 'PATCH', 'FOO'] as const

/** Which methods pass. */
export const h15: Check = {
  id: 'H15',
  title: 'Methods beyond the common ones',
  level: 'note',
  rule: 'RFC 9110 9.1',
  sent: `${methods.join(', ')}.`,
  judged: 'Tells which reach the origin unchanged.',
  needs: ['ledger'],
  async run(probe) {
    const fates: string[] = []
    for (const method of methods) {
      const id = probe.token()
      const answer = await probe.ask({ id, method, path: '/verify', body: 'x' })
      const [record] = await probe.arrivals(id)
      const fate =
        record === undefined
          ? `refused (${statusOf(answer)})`
          : record.method === method
            ? 'passes'
            : `becomes ${record.method}`
      fates.push(`${method} ${fate}`)
    }
    return note(`${fates.join(', ')}.`)
  },
}
