import { showMs } from '../client/answer.ts'
import type { Fields } from '../client/answer.ts'
import { readAnswer } from '../client/http1.ts'
import { type Probe, Unknown, pause } from './check.ts'

const pieces = 10
const gapMs = 150
const pieceBytes = 4096

/** How a slow upload reached the origin. */
export interface Uploaded {
  /** It came whole at once: the proxy had waited for its end. */
  readonly isBuffered: boolean
  readonly seen: string
  readonly status: number
}

/** Sends an upload in pieces, and asks the ledger when each arrived. */
export async function uploadSlowly(probe: Probe, fields: Fields = []): Promise<Uploaded> {
  const id = probe.token()
  const client = await probe.open()
  const length = ['Content-Length', String(pieces * pieceBytes)] as const
  const request = { id, method: 'POST', path: '/upload', fields: [...fields, length], isLast: true }
  const { connection } = client
  connection.send(probe.head(request))
  const answered = readAnswer(connection)
  for (let sent = 0; sent < pieces; sent++) {
    connection.send(Buffer.alloc(pieceBytes, 97))
    if (sent < pieces - 1) await pause(gapMs)
  }
  const answer = await answered
  client.close()
  const [record] = await probe.arrivals(id)
  const status = answer.head?.status ?? 0
  if (record === undefined)
    return { isBuffered: false, seen: `it was refused with ${status}`, status }
  if (record.pieces === null) throw new Unknown('the ledger has no times of the pieces')
  const [first] = record.pieces
  const last = record.pieces.at(-1)
  const spreadMs = (last?.[0] ?? 0) - (first?.[0] ?? 0)
  const isBuffered = spreadMs < ((pieces - 1) * gapMs) / 3
  const seen = `${pieces} pieces, sent ${gapMs} ms apart, reached the origin in ${record.pieces.length} reads over ${showMs(spreadMs)}`
  return { isBuffered, seen, status }
}
