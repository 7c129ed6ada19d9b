import { describe, isWholeSuccess } from '../client/answer.ts'
import { type Check, broken, note, pass } from './check.ts'

const kinds = ['102x10', '104', '199'] as const

/** 1xx that nobody knows. */
export const x5: Check = {
  id: 'X5',
  title: 'Other 1xx are forwarded, and the final answer is right',
  level: 'must',
  rule: 'RFC 9110 15.2',
  sent: 'GET /bin/100 behind ten 102, behind a 104, and behind a 199.',
  judged: 'Fails when they do not come through, or the final answer is wrong.',
  needs: ['wire'],
  async run(probe) {
    const seen: string[] = []
    let isLost = false
    for (const kind of kinds) {
      const [status, count = '1'] = kind.split('x')
      const answer = await probe.ask(
        { id: probe.token(), path: '/bin/100', hp: `fault=1xx=${kind}` },
        { ms: 10_000 },
      )
      const came = answer.interims.filter((interim) => interim.status === Number(status)).length
      const told = `${kind}: ${came} came, then ${answer.head?.status ?? 'no answer'}`
      if (!isWholeSuccess(answer) || answer.bodyBytes !== 100) {
        return broken(
          `${kind}: ${describe(answer)}.`,
          'The proxy took an interim answer for the final one.',
        )
      }
      isLost ||= came < Number(count)
      seen.push(told)
    }
    if (!isLost) return pass(`${seen.join('; ')}.`)
    if (probe.originVersion === '1.0')
      return note(
        `${seen.join('; ')}.`,
        'It speaks HTTP/1.0 to the origin, which has no interim answers.',
      )
    return broken(
      `${seen.join('; ')}.`,
      'A proxy must forward 1xx that it did not ask for itself, known or not.',
    )
  },
}
