import { type Answer, statusOf } from '../client/answer.ts'
import { type Check, type Probe, note } from './check.ts'

const kibibytes = [4, 8, 16, 32, 60] as const

/** How much head it takes. */
export const h16: Check = {
  id: 'H16',
  title: 'The longest head and target that pass',
  level: 'note',
  rule: 'RFC 9110 5.4',
  sent: `Requests with one field and with a target of ${kibibytes.join(', ')} KiB.`,
  judged:
    'Tells the longest that is answered 200 (the origin takes 64 KiB), and what longer ones get.',
  async run(probe) {
    const field = await longest(probe, (filler) => ({ fields: [['X-Long', filler]] }))
    const target = await longest(probe, (filler) => ({ path: `/verify?${filler}` }))
    return note(`A field: ${field}. A target: ${target}.`)
  },
}

async function longest(
  probe: Probe,
  request: (filler: string) => { fields?: readonly (readonly [string, string])[]; path?: string },
): Promise<string> {
  let passed = 0
  for (const size of kibibytes) {
    const answer: Answer = await probe.ask({
      id: probe.token(),
      ...request('a'.repeat(size * 1024)),
    })
    if (statusOf(answer) !== 200) {
      const fate = statusOf(answer) === 0 ? 'a closed connection' : statusOf(answer)
      return `${passed} KiB pass, ${size} KiB get ${fate}`
    }
    passed = size
  }
  return `${passed} KiB pass`
}
