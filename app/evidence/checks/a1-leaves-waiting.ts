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
    const isEarly = end.cause !== 'complete' && end.cause !== 'open'
    const toldMs = times.client_fin ?? (isEarly ? times.end : null)
    if (toldMs === null || toldMs > workMs - 500) {
      return note(
        'The origin was not told, and did all its work.',
        'What nobody waits for is paid for all the same: queries, tokens, locks.',
      )
    }
    const how = times.client_fin === null ? end.cause.toUpperCase() : 'FIN'
    return note(
      `The origin was told by ${how} after ${showMs(toldMs)}; the client had left after ${leavesAfterMs} ms.`,
    )
  },
}
