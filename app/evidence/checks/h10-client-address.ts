import { valuesOf } from '../client/answer.ts'
import { type Check, note } from './check.ts'

const forged = [
  ['X-Forwarded-For', '192.0.2.1'],
  ['X-Real-IP', '192.0.2.1'],
  ['Forwarded', 'for=192.0.2.1'],
  ['X-Forwarded-Proto', 'gopher'],
  ['X-Forwarded-Host', 'forged.example'],
] as const

/** Whom does it believe about the client? */
export const h10: Check = {
  id: 'H10',
  title: 'Forged addresses of a client: kept, appended to or replaced',
  level: 'note',
  rule: 'RFC 7239',
  sent: 'A request that says X-Forwarded-For, X-Real-IP, Forwarded, X-Forwarded-Proto and X-Forwarded-Host of its own.',
  judged: 'Tells what arrived.',
  needs: ['wire'],
  async run(probe) {
    const id = probe.token()
    const answer = await probe.ask({ id, fields: forged })
    const { fields } = await probe.received(id, answer)
    const fates = forged.map(([name, value]) => `${name} ${fateOf(valuesOf(fields, name), value)}`)
    const trusts = forged.some(([name, value]) => valuesOf(fields, name).join() === value)
    return note(
      `${fates.join('; ')}.`,
      trusts
        ? 'What is kept, a client can forge: the origin must not take it for the address of the client.'
        : '',
    )
  },
}

function fateOf(lines: readonly string[], sent: string): string {
  const told = lines.join(' | ')
  if (lines.length === 0) return 'removed'
  if (told === sent) return 'kept'
  if (lines.length > 1) return `in ${lines.length} lines (${told})`
  return told.startsWith(sent) ? `appended to (${told})` : `replaced (${told})`
}
