import { describe } from '../client/answer.ts'
import { readAnswer } from '../client/http1.ts'
import { type Check, note, pause } from './check.ts'

const pieces = 20
const pieceBytes = 16_384

/** An answer before the upload has ended. */
export const x3: Check = {
  id: 'X3',
  title: 'An answer that comes before the upload has ended',
  level: 'note',
  rule: 'RFC 9112 9.5',
  sent: `POST /continue?mode=early of ${pieces} pieces, 50 ms apart; the origin answers 200 before it has the body.`,
  judged: 'Tells whether the client gets the answer, and whether before the end of its upload.',
  needs: ['wire'],
  async run(probe) {
    const client = await probe.open()
    const { connection } = client
    const length = ['Content-Length', String(pieces * pieceBytes)] as const
    const request = {
      id: probe.token(),
      method: 'POST',
      path: '/continue?mode=early',
      fields: [length],
    }
    connection.send(probe.head(request))
    let sent = 0
    let sentAtHead = -1
    const onHead = (): void => {
      sentAtHead = sent
    }
    const answered = readAnswer(connection, { onHead, ms: 10_000 })
    for (; sent < pieces && connection.stop === undefined; sent++) {
      connection.send(Buffer.alloc(pieceBytes, 97))
      await pause(50)
    }
    const answer = await answered
    client.close()
    const when =
      sentAtHead === -1
        ? ''
        : sentAtHead < pieces
          ? ` after ${sentAtHead} of ${pieces} pieces`
          : ' after the whole upload'
    return note(`The client got ${describe(answer)}${when}.`)
  },
}
