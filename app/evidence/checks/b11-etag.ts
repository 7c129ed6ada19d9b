import { valuesIn } from '../client/answer.ts'
import { type Check, broken, note, pass } from './check.ts'

/** A strong tag stands for these bytes and no others. */
export const b11: Check = {
  id: 'B11',
  title: 'A strong ETag does not stay on bytes that were compressed',
  level: 'should',
  rule: 'RFC 9110 8.8.3',
  sent: 'GET with Accept-Encoding: gzip, br; the answer is compressible JSON with a strong ETag.',
  judged: 'Warns when it is compressed and the strong ETag is the same.',
  async run(probe) {
    const path = `/verify?${'padding='.repeat(200)}`
    const fields = [['Accept-Encoding', 'gzip, br']] as const
    const answer = await probe.ask({ id: probe.token(), path, fields, hp: `header=ETag:'"v1"'` })
    const codings = valuesIn(answer, 'content-encoding').join(', ')
    const tag = valuesIn(answer, 'etag').join(', ')
    if (codings === '') return pass(`It does not compress; ETag: ${tag || 'none'}.`)
    const seen = `Content-Encoding: ${codings}, ETag: ${tag || 'none'}.`
    if (tag === '"v1"')
      return broken(
        seen,
        'Two bodies have one strong tag now: a range or a cached copy of one will be joined with the other.',
      )
    return note(seen, 'It compresses, and says that the tag is not the old one.')
  },
}
