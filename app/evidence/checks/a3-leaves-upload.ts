import { type Check, broken, pass, pause } from './check.ts'

const promised = 1_000_000
const sent = 65_536

/** Half an upload is not an upload. */
export const a3: Check = {
  id: 'A3',
  title: 'An upload that breaks off does not look complete to the origin',
  level: 'must',
  rule: 'RFC 9112 8',
  sent: `POST /upload of ${promised} bytes, sized and chunked; the client resets its connection after ${sent}.`,
  judged: 'Fails when the origin takes the body for complete.',
  needs: ['wire', 'ledger'],
  async run(probe) {
    const seen: string[] = []
    for (const framing of ['sized', 'chunked'] as const) {
      const id = probe.token()
      const client = await probe.open()
      const field =
        framing === 'sized'
          ? (['Content-Length', String(promised)] as const)
          : (['Transfer-Encoding', 'chunked'] as const)
      client.connection.send(probe.head({ id, method: 'POST', path: '/upload', fields: [field] }))
      if (framing === 'chunked') client.connection.send(`${sent.toString(16)}\r\n`)
      await client.connection.flush(Buffer.alloc(sent, 97))
      await pause(500)
      client.connection.reset()
      await pause(500)
      const [record] = await probe.arrivals(id)
      if (record === undefined) {
        seen.push(`${framing}: the origin never heard of it`)
        continue
      }
      const { body_bytes: bytes, body_complete: isComplete, end } = record
      seen.push(
        `${framing}: the origin got ${bytes} bytes, ${isComplete === true ? 'complete' : `then ${end.cause}`}`,
      )
      if (isComplete === true) {
        return broken(`${seen.join('; ')}.`, 'The origin stores half a file as a whole one.')
      }
    }
    return pass(`${seen.join('; ')}.`)
  },
}
