import { type Check, note, pause } from './check.ts'

/** A client that leaves in the middle of a stream. */
export const a2: Check = {
  id: 'A2',
  title: 'A client that leaves in the middle of a stream',
  level: 'note',
  rule: '-',
  sent: 'GET /sse of 40 events, 100 ms apart; the client resets its connection after 500 ms.',
  judged: 'Tells how long the origin went on.',
  needs: ['wire', 'ledger'],
  async run(probe) {
    const id = probe.token()
    const client = await probe.open()
    client.connection.send(probe.head({ id, path: '/sse?count=40&interval=100ms' }))
    await pause(500)
    client.connection.reset()
    await pause(3700)
    const [record] = await probe.arrivals(id)
    if (record === undefined)
      return note('The request did not reach the origin before the client left.')
    const { end, times, bytes_written: written } = record
    if (end.cause === 'complete')
      return note(
        'The origin was not told, and streamed to the end.',
        'For a model behind a gateway, that is every token of an answer that nobody reads.',
      )
    return note(
      `The origin stopped after ${Math.round(times.end ?? 0)} ms and ${written} bytes (${end.cause}); the client had left after 500 ms.`,
    )
  },
}
