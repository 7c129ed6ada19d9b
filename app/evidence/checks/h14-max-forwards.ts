import { type Answer, describe, valuesOf } from '../client/answer.ts'
import { type Check, type Probe, broken, pass } from './check.ts'

/** OPTIONS counts its hops. */
export const h14: Check = {
  id: 'H14',
  title: 'OPTIONS with Max-Forwards: 0 goes no further, and 1 becomes 0',
  level: 'must',
  rule: 'RFC 9110 7.6.2',
  sent: 'OPTIONS with Max-Forwards: 0, and with Max-Forwards: 1.',
  judged:
    'Fails when the first reaches the origin, or the second arrives without being counted down.',
  needs: ['proxy', 'ledger'],
  async run(probe) {
    const zero = await arrival(probe, '0')
    const one = await arrival(probe, '1')
    const seen = `0: ${zero.seen}; 1: ${one.seen}.`
    const isRight = zero.value === undefined && (one.value === undefined || one.value === '0')
    return isRight
      ? pass(seen)
      : broken(seen, 'A proxy must answer at 0 itself, and count down what it forwards.')
  },
}

async function arrival(probe: Probe, hops: string): Promise<{ value?: string; seen: string }> {
  const id = probe.token()
  const request = {
    id,
    method: 'OPTIONS',
    path: '/verify',
    fields: [['Max-Forwards', hops]] as const,
  }
  const answer: Answer = await probe.ask(request)
  if ((await probe.arrivals(id)).length === 0)
    return { seen: `answered by the proxy itself, ${describe(answer)}` }
  const told = await probe.received(id, answer)
  const value = valuesOf(told.fields, 'max-forwards').join() || 'none'
  return { value, seen: `arrived with Max-Forwards: ${value}` }
}
