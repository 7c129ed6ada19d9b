import { showAttempts } from './attempts.ts'
import { type Check, note, pause } from './check.ts'

/** Attempts for a client that has left. */
export const r9: Check = {
  id: 'R9',
  title: 'Attempts after the client has given up',
  level: 'note',
  rule: '-',
  sent: 'GET; the origin answers 503 after 400 ms, nine times, and the client leaves after 600 ms.',
  judged: 'Tells how often the request arrived in 3 s.',
  needs: ['ledger'],
  async run(probe) {
    const id = probe.token()
    const client = await probe.open()
    client.connection.send(
      probe.head({ id, path: '/bin/10', hp: 'delay=400ms; status=503:first9' }),
    )
    await pause(600)
    client.connection.reset()
    await pause(2400)
    const arrivals = await probe.arrivals(id)
    const isStopped = arrivals.length <= 2
    return note(
      `${showAttempts(arrivals)}.`,
      isStopped ? '' : 'It goes on trying for a client that is gone.',
    )
  },
}
