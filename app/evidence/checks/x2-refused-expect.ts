import { describe, statusOf } from '../client/answer.ts'
import { readAnswer } from '../client/http1.ts'
import { type Check, broken, note, pass } from './check.ts'

/** A refusal spares the upload. */
export const x2: Check = {
  id: 'X2',
  title: 'A refusal of Expect reaches a client that has not sent its body',
  level: 'must',
  rule: 'RFC 9110 10.1.1',
  sent: 'POST /continue?mode=refuse with Expect: 100-continue; the origin answers 417 at once. The client never sends its body of 100,000 bytes.',
  judged:
    'Fails when the client is told to go on, or hears nothing. A proxy that speaks HTTP/1.0 to the origin may send 100 itself: a note.',
  needs: ['wire'],
  async run(probe) {
    const client = await probe.open()
    const fields = [
      ['Expect', '100-continue'],
      ['Content-Length', '100000'],
    ] as const
    const request = { id: probe.token(), method: 'POST', path: '/continue?mode=refuse', fields }
    client.connection.send(probe.head(request))
    let isTold = false
    const onHead = ({ status }: { readonly status: number }): void => {
      isTold ||= status === 100
    }
    const answer = await readAnswer(client.connection, { ms: 5000, onHead })
    client.close()
    const seen = `The client got ${isTold ? '100, and then ' : ''}${describe({ ...answer, interims: [] })}.`
    if (statusOf(answer) === 417 && !isTold) return pass(seen)
    if (probe.originVersion === '1.0' && isTold)
      return note(
        seen,
        'It speaks HTTP/1.0 to the origin, so it may answer Expect itself. The upload is sent for nothing.',
      )
    return broken(
      seen,
      isTold
        ? 'It told the client to go on before it had asked the origin.'
        : 'The refusal did not come through.',
    )
  },
}
