import { describe, statusOf, valuesIn } from '../client/answer.ts'
import { type Check, broken, pass, unknown } from './check.ts'
import { readEcho } from './read-echo.ts'

/** An answer that says not to be changed. */
export const b10: Check = {
  id: 'B10',
  title: 'Cache-Control: no-transform is heeded',
  level: 'must',
  rule: 'RFC 9110 7.7',
  sent: 'GET with Accept-Encoding: gzip, br; the answer is compressible JSON with Cache-Control: no-transform.',
  judged: 'Fails when it arrives compressed or with other content.',
  async run(probe) {
    const path = `/verify?${'padding='.repeat(200)}`
    const fields = [['Accept-Encoding', 'gzip, br']] as const
    const answer = await probe.ask({
      id: probe.token(),
      path,
      fields,
      hp: 'header=Cache-Control:no-transform',
    })
    const codings = valuesIn(answer, 'content-encoding').join(', ')
    if (statusOf(answer) !== 200) return unknown(`The answer was ${describe(answer)}.`)
    if (codings === '' && readEcho(answer) !== undefined) return pass('It arrived as it was.')
    return broken(
      `Content-Encoding: ${codings || 'none'}, ${describe(answer)}.`,
      'no-transform forbids a proxy to change the content.',
    )
  },
}
