import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { test } from 'node:test'

import { findDeparted } from '../../../../app/listeners/port/departed.ts'
import { until } from '../../../support/wait.ts'

test('a reset connection is found although it is not read, and an open one is not', async (t) => {
  const served: Socket[] = []
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    served.push(socket)
    socket.on('error', () => {})
    t.after(() => socket.destroy())
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const open = async (): Promise<Socket> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => {})
    t.after(() => socket.destroy())
    await once(socket, 'connect')
    socket.write('something that is not read')
    return socket
  }
  const clients = [await open(), await open()]
  await until('both are there', () => served.length === 2)
  assert.deepEqual(await findDeparted(served), [])
  clients[0]?.resetAndDestroy()
  await until('it is found', () => findDeparted(served), { holds: (found) => found.length === 1 })
  const [found] = await findDeparted(served)
  assert.equal(found, served[0])
})
