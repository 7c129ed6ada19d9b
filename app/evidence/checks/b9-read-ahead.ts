import { type Check, note, pause, unknown } from './check.ts'

const size = 64 * 2 ** 20

/** How much it takes from the origin for a client that does not read. */
export const b9: Check = {
  id: 'B9',
  title: 'What it takes from the origin ahead of a slow client',
  level: 'note',
  rule: '-',
  sent: 'GET /bin/64M; the client does not read for 1.5 s, and leaves.',
  judged: 'Tells how many bytes the origin had written by then.',
  needs: ['ledger'],
  async run(probe) {
    const id = probe.token()
    const client = await probe.open()
    client.connection.socket.pause()
    client.connection.send(probe.head({ id, path: `/bin/${size}` }))
    await pause(1500)
    client.connection.reset()
    const [record] = await probe.arrivals(id)
    if (record === undefined) return unknown('The request did not arrive.')
    const mebibytes = (record.bytes_written / 2 ** 20).toFixed(1)
    const isAll = record.bytes_written >= size
    return note(
      `The origin had written ${mebibytes} MiB of 64.`,
      isAll
        ? 'It takes the whole answer whatever the client does: memory or disk for each slow client.'
        : 'It stops reading when its buffers are full (kernel buffers included).',
    )
  },
}
