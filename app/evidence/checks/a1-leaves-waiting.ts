import { showMs } from '../client/answer.ts'
import { type Check, note, pause } from './check.ts'

const leavesAfterMs = 500
const workMs = 4000

/** A client that leaves before there is an answer. */
export const a1: Check = {
  id: 'A1',
  title: 'A client that leaves while it waits',
  level: 'note',
  rule: '-',
  sent: `GET /delay/${workMs}; the client resets its connection after ${leavesAfterMs} ms.`,
  judged: 'Tells when and how the origin learnt of it.',
  needs: ['wire', 'ledger'],
  async run(probe) {
    const id = probe.token()
    const client = await probe.open()
    client.connection.send(probe.head({ id, path: `/delay/${workMs}` }))
    await pause(leavesAfterMs)
    client.connection.reset()
    // Until it can be known that nothing was told.
    await pause(workMs - leavesAfterMs)
    const [record] = await probe.arrivals(id)
    if (record === undefined)
      return note('The request did not reach the origin before the client left.')
    const { end, times } = record
    const isTold = end.cause !== 'complete' && end.cause !== 'open'
    if (!isTold)
      return note(
        'The origin was not told, and did all its work.',
        'What nobody waits for is paid for all the same: queries, tokens, locks.',
      )
    const cause =
      { fin: 'FIN', rst: 'RST', 'rst-stream': 'RST_STREAM' }[end.cause as 'fin'] ?? end.cause
    return note(
      `The origin was told by ${cause} after ${showMs(times.end ?? 0)}; the client had left after ${leavesAfterMs} ms.`,
    )
  },
}
