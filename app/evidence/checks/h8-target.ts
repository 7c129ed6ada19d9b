import { type Check, broken, pass } from './check.ts'

const targets = [
  '/a%2Fb//c/d;x?q=%20+',
  '/a/%2e%2e;y/%7Euser?a=b&&c=%3D%26',
  '/%E2%82%AC/%41?x=1;y=2',
] as const

/** The target arrives as it was sent. */
export const h8: Check = {
  id: 'H8',
  title: 'The target arrives byte for byte',
  level: 'must',
  rule: 'RFC 9110 7.7',
  sent: `GET ${targets.join(', ')}.`,
  judged: 'Fails when the origin gets another target.',
  needs: ['wire'],
  async run(probe) {
    const changed: string[] = []
    for (const path of targets) {
      const id = probe.token()
      const answer = await probe.ask({ id, path })
      const { target } = await probe.received(id, answer)
      if (target !== path) changed.push(`${path} arrived as ${target}`)
    }
    if (changed.length === 0) return pass('All targets arrived as they were sent.')
    return broken(
      `${changed.join('; ')}.`,
      'A proxy must not rewrite the path and query when it forwards a request, unless it is configured to.',
    )
  },
}
