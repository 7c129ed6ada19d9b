import { valuesIn, valuesOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** Fields that Connection names belong to one hop. */
export const h1: Check = {
  id: 'H1',
  title: 'Fields that Connection names stay on their hop',
  level: 'must',
  rule: 'RFC 9110 7.6.1',
  sent: 'A request with Connection: x-hop and X-Hop: 1; its answer has Connection: x-back and X-Back: 1.',
  judged: 'Fails when X-Hop reaches the origin, or X-Back the client.',
  needs: ['proxy', 'wire', 'http1'],
  async run(probe) {
    const id = probe.token()
    const fields = [
      ['Connection', 'close, X-Hop'],
      ['X-Hop', '1'],
    ] as const
    const hp = 'header=Connection:X-Back; header=X-Back:1'
    const answer = await probe.ask({ id, fields, hp, isLast: false })
    const { fields: arrived } = await probe.received(id, answer)
    const hasForth = valuesOf(arrived, 'x-hop').length > 0
    const hasBack = valuesIn(answer, 'x-back').length > 0
    const leaks = [hasForth && 'X-Hop reached the origin', hasBack && 'X-Back reached the client']
      .filter((leak) => leak !== false)
      .join(', and ')
    if (leaks === '') return pass('Both fields stayed on their hop.')
    return broken(
      `${leaks}.`,
      'A proxy removes the fields that Connection names before it forwards a message.',
    )
  },
}
