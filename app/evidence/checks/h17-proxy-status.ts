import { statusOf, valuesIn, valuesOf } from '../client/answer.ts'
import { type Check, note } from './check.ts'

/** Faults, and the error type of RFC 9209 2.3 that fits. */
const faults = [
  ['reset@headers', 'connection_terminated'],
  ['no-answer', 'connection_terminated'],
  ['status-line=garbage', 'http_protocol_error'],
  ['head=two-lengths', 'http_protocol_error'],
  ['chunk=badsize', 'http_response_transfer_coding'],
  ['truncate@10', 'http_response_incomplete'],
] as const

/** Does it say whose error it was? */
export const h17: Check = {
  id: 'H17',
  title: 'Proxy-Status says what went wrong with the origin',
  level: 'note',
  rule: 'RFC 9209',
  sent: `POST /bin/1000 with each of ${faults.map(([fault]) => fault).join(', ')}.`,
  judged:
    'Tells the Proxy-Status of the answers, in the head or behind the body, beside the error type that fits.',
  needs: ['wire', 'http1', 'proxy'],
  async run(probe) {
    const told: string[] = []
    let isSilent = true
    for (const [fault, fit] of faults) {
      const path = fault.startsWith('chunk') ? '/bin/1000?chunked=true' : '/bin/1000'
      const request = { id: probe.token(), method: 'POST', body: 'x', path, hp: `fault=${fault}` }
      const answer = await probe.ask(request)
      const status = [
        ...valuesIn(answer, 'proxy-status'),
        ...valuesOf(answer.trailers, 'proxy-status'),
      ].join(', ')
      isSilent &&= status === ''
      const better = status === '' || status.includes(fit) ? '' : ` (${fit} would fit)`
      told.push(`${fault}: ${statusOf(answer)} says ${status || 'nothing'}${better}`)
    }
    if (isSilent) return note('It never says Proxy-Status.', 'A proxy may leave it out.')
    return note(`${told.join('; ')}.`)
  },
}
