import { type Answer, statusOf, valuesIn } from '../client/answer.ts'
import { type Check, note } from './check.ts'

const faults = [
  ['reset@headers', 'connection_terminated'],
  ['status-line=garbage', 'http_protocol_error'],
] as const

/** Does it say whose error it was? */
export const h17: Check = {
  id: 'H17',
  title: 'Proxy-Status says what went wrong with the origin',
  level: 'note',
  rule: 'RFC 9209',
  sent: 'POST twice; the origin resets the connection, or sends garbage.',
  judged: 'Tells the Proxy-Status of the answers, beside the error type that fits.',
  needs: ['wire', 'http1', 'proxy'],
  async run(probe) {
    const told: string[] = []
    for (const [fault, fit] of faults) {
      const request = { id: probe.token(), method: 'POST', body: 'x', hp: `fault=${fault}` }
      const answer: Answer = await probe.ask(request)
      const status = valuesIn(answer, 'proxy-status').join(', ')
      const about = status === '' ? 'nothing' : status
      told.push(
        `${fault}: ${statusOf(answer)} says ${about}${status === '' || status.includes(fit) ? '' : ` (${fit} would fit)`}`,
      )
    }
    return note(`${told.join('; ')}.`)
  },
}
