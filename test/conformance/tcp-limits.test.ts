// How long and how much: what ends a TCP connection by itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { tcpOrigin } from '../support/tcp-client.ts'
import { pause, until } from '../support/wait.ts'

const nothing = Buffer.alloc(0)

test('tcp.connectionBytes counts both ways, to the byte', async (t) => {
  const { open, connections } = await tcpOrigin(t, { 'tcp.connectionBytes': 10 })
  for (const name of ['tcpEcho', 'tcpTlsEcho'] as const) {
    const echo = await open(name)
    echo.send('ab')
    assert.equal((await echo.take(2)).toString(), 'ab')
    // 4 are gone: 5 in and 1 out make 10.
    echo.send('cdefg')
    assert.deepEqual(await echo.rest(), { end: 'FIN', bytes: Buffer.from('c') })
    echo.finish()
  }
  const discard = await open('tcpDiscard')
  discard.send('012345678')
  // Time for an end that comes too soon.
  await pause(50)
  assert.equal(discard.end, undefined)
  discard.send('9 and more')
  assert.deepEqual(await discard.rest(), { end: 'FIN', bytes: nothing })
  discard.finish()
  const payload = await open('tcpPayload')
  payload.send('1K\n')
  assert.deepEqual(await payload.rest(), { end: 'FIN', bytes: Buffer.from('ABCDEFG') })
  payload.finish()
  await until('all freed', connections, { holds: (count) => count === 0 })
})

// What the origin writes in one turn, and more; both less than the kernel keeps for a late reader.
for (const bytes of [2 ** 20, 1.25 * 2 ** 20]) {
  test(`byte ${bytes} arrives although the peer reads late and goes on sending`, async (t) => {
    const { open } = await tcpOrigin(t, { 'tcp.connectionBytes': bytes })
    const peer = await open('tcpPayload')
    peer.send('\n')
    const first = await peer.take(1)
    peer.socket.pause()
    // More than the time the origin waits for us; left unread there, it would be a reset that overtakes.
    peer.send('more\n'.repeat(200_000))
    await pause(1500)
    peer.socket.resume()
    const { end, bytes: rest } = await peer.rest()
    assert.deepEqual([end, first.length + rest.length], ['FIN', bytes - 1])
  })
}

test('tcp.connectionTime ends a connection however busy it is', async (t) => {
  const { open, connections } = await tcpOrigin(t, { 'tcp.connectionTime': '400ms' })
  for (const name of ['tcpEcho', 'tcpTlsEcho', 'tcpPayload'] as const) {
    const startedAt = performance.now()
    const peer = await open(name)
    if (name === 'tcpPayload') peer.send('\n')
    const timer = setInterval(() => peer.send('x\n'), 20)
    const { end } = await peer.rest()
    clearInterval(timer)
    assert.equal(end, 'FIN', name)
    assert.ok(performance.now() - startedAt >= 390, `${name}: too early`)
    peer.leave()
  }
  // One that reads nothing cannot be told; it is cut.
  const deaf = await open('tcpPayload')
  deaf.socket.pause()
  deaf.send('\n')
  await until('all freed', connections, { holds: (count) => count === 0 })
})

test('tcp.idle ends a silent connection and no other', async (t) => {
  const { open, connections } = await tcpOrigin(t, { 'tcp.idle': '500ms' })
  const busy = await open('tcpEcho')
  const startedAt = performance.now()
  const silent = await open('tcpEcho')
  for (let turn = 0; turn < 10; turn++) {
    busy.send('x')
    await busy.take(1)
    await pause(100)
  }
  assert.deepEqual(await silent.rest(), { end: 'FIN', bytes: nothing })
  silent.leave()
  assert.ok(performance.now() - startedAt >= 490)
  assert.deepEqual(await busy.rest(), { end: 'FIN', bytes: nothing })
  busy.finish()
  const deaf = await open('tcpPayload')
  deaf.socket.pause()
  deaf.send('\n')
  await until('all freed', connections, { holds: (count) => count === 0 })
})

test('our side does not wait for a peer that stays after our FIN', async (t) => {
  const { open, connections } = await tcpOrigin(t, { 'tcp.connectionBytes': 2 })
  const peer = await open('tcpEcho')
  peer.send('a')
  assert.equal((await peer.rest()).end, 'FIN')
  await until('freed', connections, { holds: (count) => count === 0 })
  peer.leave()
})
