import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'

import { countPeers, readPeers } from '../../../../app/runtime/machine/peers.ts'

// As the kernel writes them (proc_pid_net(5)), on a little-endian machine.
const recorded = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0200007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0200007F:D432 08 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
   3: 0100007F:1F90 0200007F:D433 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
   4: 0200007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0 20 4 30 10 -1
   5: 0100007F:2328 0200007F:D434 01 00000000:00000000 00:00000000 00000000     0        0 5 1 0 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000200007F:D435 01 00000000:00000000 00:00000000 00000000     0        0 6 1 0 20 4 30 10 -1
   1: B80D0120000000000000000001000000:1F90 B80D0120000000000000000002000000:D436 01 00000000:00000000 00:00000000 00000000     0        0 7 1 0 20 4 30 10 -1
`

test('connections of these ports are counted by peer, including those that we have not closed', () => {
  assert.deepEqual(
    [...countPeers(recorded, new Set([8080, undefined]))],
    [
      ['127.0.0.2', 3],
      ['2001:db8::2', 1],
    ],
  )
})

test('the kernel shows an open connection, and no longer a closed one', async (t) => {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'connection')
  const client = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' })
  await accepted
  assert.deepEqual([...((await readPeers(new Set([port]))) ?? [])], [['127.0.0.3', 1]])
  client.resetAndDestroy()
  await once(client, 'close')
  assert.deepEqual([...((await readPeers(new Set([port]))) ?? [])], [])
})
