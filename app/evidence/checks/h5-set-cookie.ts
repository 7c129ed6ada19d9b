import { valuesIn } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

const cookies = ['a=1', 'b=2', 'c=3'] as const

/** Set-Cookie is the one field that cannot be joined. */
export const h5: Check = {
  id: 'H5',
  title: 'Set-Cookie lines are not joined',
  level: 'must',
  rule: 'RFC 9110 5.3',
  sent: 'A request whose answer has three Set-Cookie lines.',
  judged: 'Fails when the client gets other than three lines.',
  needs: [],
  async run(probe) {
    const hp = cookies.map((cookie) => `header=Set-Cookie:${cookie}`).join('; ')
    const answer = await probe.ask({ id: probe.token(), hp })
    const got = valuesIn(answer, 'set-cookie').filter((line) => /^[abc]=\d/.test(line))
    if (got.length === cookies.length) return pass('Three lines arrived.')
    return broken(
      `The client got ${got.length} lines: ${got.join(' | ') || 'none'}.`,
      'Set-Cookie must not be joined: a comma is part of its values.',
    )
  },
}
