import { type Check, type Probe, broken, note, pass } from './check.ts'
import { type Claims, claimsOf } from './claims.ts'

/** What goes on at the origin: nothing, a reset, or a failure. */
const cases = [
  ['a plain GET', undefined],
  ['a GET that is reset the first time', 'fault=reset@headers:first1'],
  ['a GET that gets 503 the first time', 'status=503:first1'],
] as const

/** Does the proxy tell the truth about itself? */
export const h18: Check = {
  id: 'H18',
  title: 'What the proxy says of itself is what the origin saw',
  level: 'should',
  rule: 'RFC 9110 7.6.3, RFC 9209, RFC 9211',
  sent: `${cases.map(([what]) => what).join(', ')}.`,
  judged:
    'Warns when Via, Cache-Status, X-Cache, Proxy-Status or X-Envoy-Attempt-Count contradicts the ledger.',
  needs: ['proxy', 'wire', 'http1', 'ledger'],
  async run(probe) {
    const claims = await Promise.all(cases.map(([, hp]) => ask(probe, hp)))
    const wrong = claims.flatMap((one, at) =>
      one.wrong.map((sentence) => `${cases[at]?.[0]}: ${sentence}`),
    )
    if (wrong.length > 0) {
      return broken(
        `${wrong.join('; ')}.`,
        'Whoever looks for the cause of an error by these fields looks in the wrong place.',
      )
    }
    const said = [...new Set(claims.flatMap((one) => one.said))]
    if (said.length === 0) return note('It says nothing of itself.', 'A proxy may leave it out.')
    return pass(`True: ${said.join('; ')}.`)
  },
}

async function ask(probe: Probe, hp: string | undefined): Promise<Claims> {
  const id = probe.token()
  const answer = await probe.ask({ id, path: `/verify/${id}`, ...(hp !== undefined && { hp }) })
  return claimsOf(answer, await probe.arrivals(id))
}
