// A greeting that nobody asked for, and connections that are reset.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { tcpOrigin } from '../support/tcp-client.ts'
import { pause, until } from '../support/wait.ts'

test('the greeting comes first on echo and discard, not where bytes are counted', async (t) => {
  const { open } = await tcpOrigin(t, { 'tcp.greeting': String.raw`220 hello\r\nworld` })
  const greeting = '220 hello\r\nworld\r\n'
  for (const name of ['tcpEcho', 'tcpTlsEcho', 'tcpDiscard'] as const) {
    const peer = await open(name)
    assert.equal((await peer.take(greeting.length)).toString(), greeting)
    peer.send('abc')
    peer.finish()
    const echoed = name === 'tcpDiscard' ? '' : 'abc'
    assert.deepEqual(await peer.rest(), { end: 'FIN', bytes: Buffer.from(echoed) })
  }
  const payload = await open('tcpPayload')
  payload.send('4\n')
  payload.finish()
  assert.equal((await payload.rest()).bytes.toString(), 'ABCD')
})

test('a greeting with a line end of its own gets no other', async (t) => {
  const { open } = await tcpOrigin(t, { 'tcp.greeting': String.raw`hello\n` })
  const peer = await open('tcpEcho')
  peer.finish()
  assert.deepEqual(await peer.rest(), { end: 'FIN', bytes: Buffer.from('hello\n') })
})

test('tcp.resetAfter resets on the byte, in clear and over TLS', async (t) => {
  const { open, connections } = await tcpOrigin(t, { 'tcp.resetAfter': 1000 })
  for (const name of ['tcpEcho', 'tcpTlsEcho', 'tcpDiscard', 'tcpPayload'] as const) {
    const peer = await open(name)
    peer.send('1\n'.repeat(499))
    if (name === 'tcpEcho' || name === 'tcpTlsEcho') await peer.take(998)
    else if (name === 'tcpPayload') await peer.take(499)
    peer.send('0')
    // Time for a reset that comes too soon.
    await pause(50)
    assert.equal(peer.end, undefined, name)
    peer.send('0')
    assert.equal((await peer.rest()).end, 'ECONNRESET', name)
  }
  await until('all freed', connections, { holds: (count) => count === 0 })
})

test('tcp.resetAfter 0 resets who connects, and faults.enabled=false nobody', async (t) => {
  const reset = await tcpOrigin(t, { 'tcp.resetAfter': 0 })
  // The reset may be there before the client has looked at its connection at all.
  const end = await reset.open('tcpEcho').then(
    async (peer) => (await peer.rest()).end,
    (error: NodeJS.ErrnoException) => error.code,
  )
  assert.equal(end, 'ECONNRESET')
  const kind = await tcpOrigin(t, { 'tcp.resetAfter': 0, 'faults.enabled': false })
  const other = await kind.open('tcpEcho')
  other.send('abc')
  assert.equal((await other.take(3)).toString(), 'abc')
})
