import { type Check, note } from './check.ts'

const sent = ['X-Hpv-First', 'x-hpv-second', 'X-HPV-THIRD'] as const

/** Case and order of names. */
export const h6: Check = {
  id: 'H6',
  title: 'Case and order of field names',
  level: 'note',
  rule: 'RFC 9110 5.1',
  sent: `A request with ${sent.join(', ')}; its answer has X-Hpv-Back and x-hpv-lower.`,
  judged: 'Tells what became of them. Names have no case.',
  needs: ['wire'],
  async run(probe) {
    const id = probe.token()
    const fields = sent.map((name) => [name, '1'] as const)
    const hp = 'header=X-Hpv-Back:1; header=x-hpv-lower:1'
    const answer = await probe.ask({ id, fields, hp })
    const { fields: arrived } = await probe.received(id, answer)
    const names = arrived.map(([name]) => name).filter((name) => /^x-hpv-/i.test(name))
    const back = (answer.head?.fields ?? [])
      .map(([name]) => name)
      .filter((name) => /^x-hpv-/i.test(name))
    const isSame = names.join() === sent.join() && back.join() === 'X-Hpv-Back,x-hpv-lower'
    if (isSame) return note('Kept, both ways.')
    return note(`The origin got ${names.join(', ')}; the client got ${back.join(', ')}.`)
  },
}
