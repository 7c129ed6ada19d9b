import { valuesOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** A proxy says that it was in the way. */
export const h7: Check = {
  id: 'H7',
  title: 'The request says Via',
  level: 'must',
  rule: 'RFC 9110 7.6.3',
  sent: 'A plain request.',
  judged: 'Fails when Via is missing at the origin.',
  needs: ['proxy', 'wire'],
  async run(probe) {
    const id = probe.token()
    const answer = await probe.ask({ id })
    const { fields } = await probe.received(id, answer)
    const via = valuesOf(fields, 'via')
    if (via.length > 0) return pass(`Via: ${via.join(', ')}`)
    return broken(
      'No Via reached the origin.',
      'A gateway must add Via to requests. Many leave it out unless they are told to; loops then go unseen.',
    )
  },
}
