// One attacker, as a process of its own, so that what it holds is not the origin's: `node besieger.ts PORTS PLAN`.
// Ends when its standard input does; then says what came of it.
import type { OpenPorts } from '../support/origin.ts'
import { type AttackName, attacks } from './attacks.ts'
import type { Spoils } from './storm.ts'

const [, , ports = '', plan = ''] = process.argv
const spoils: Record<string, Spoils> = {}

process.stdin.on('end', () => {
  process.stdout.write(`${JSON.stringify(spoils)}\n`, () => process.exit())
})
process.stdin.resume()

for (const [name, count] of Object.entries(JSON.parse(plan) as Record<AttackName, number>)) {
  const own: Spoils = { opened: 0, sentBytes: 0, cut: 0, statuses: {} }
  spoils[name] = own
  attacks[name as AttackName](JSON.parse(ports) as OpenPorts, count, own)
}
