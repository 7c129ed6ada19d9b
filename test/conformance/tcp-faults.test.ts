// A greeting that nobody asked for, and connections that are reset.
import assert from 'node:assert/strict'
import { type TestContext, suite, test } from 'node:test'

import { scrape } from '../support/scrape.ts'
import { tcpOrigin } from '../support/tcp-client.ts'
import { pause, until, within } from '../support/wait.ts'

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

test('tcp.resetAfter 0 resets at once, and faults.enabled=false switches that off', async (t) => {
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

/** What an echo of `0123456789` gives, and how the connection ends when the client has ended. */
async function echoOf(
  t: TestContext,
  hp: string,
  name: 'tcpEcho' | 'tcpTlsEcho' = 'tcpEcho',
): Promise<{ readonly end: string; readonly text: string }> {
  const { open } = await tcpOrigin(t, { 'defaults.hp': hp })
  const peer = await open(name)
  peer.send('0123456789')
  peer.finish()
  const { end, bytes } = await peer.rest()
  return { end, text: bytes.toString('latin1') }
}

suite('defaults.hp on TCP', { concurrency: 2 }, () => {
  test('truncate ends by FIN on the byte, over TLS too', async (t) => {
    for (const name of ['tcpEcho', 'tcpTlsEcho'] as const) {
      assert.deepEqual(await echoOf(t, 'fault=truncate@4', name), { end: 'FIN', text: '0123' })
    }
  })

  test('corrupt inverts one byte', async (t) => {
    assert.deepEqual(await echoOf(t, 'fault=corrupt@2'), { end: 'FIN', text: '01\u00CD3456789' })
  })

  test('reset is an RST, no-answer a FIN', async (t) => {
    // Not by default: the fast listener has no reset.
    const scenario =
      '{ name: cut, match: { listener: tcp }, steps: [{ name: all, hp: fault=reset@4 }] }'
    const { origin, open } = await tcpOrigin(t, { scenario })
    await origin.waitForLog(({ msg }) => msg === 'scenario step')
    const peer = await open('tcpEcho')
    peer.send('0123456789')
    assert.equal((await peer.take(4)).toString(), '0123')
    // libuv may call a reset behind data an end; a write tells.
    await until('it is reset', () => {
      peer.send('more')
      return peer.end !== undefined && peer.end !== 'FIN' ? true : peer.socket.destroyed
    })
    assert.deepEqual(await echoOf(t, 'fault=no-answer'), { end: 'FIN', text: '' })
  })

  test('delay and stall wait, are counted, and a drain interrupts them', async (t) => {
    const { origin, open } = await tcpOrigin(t, {
      'defaults.hp': 'delay=200ms; fault=stall@4:1h',
    })
    const startedAt = performance.now()
    const peer = await open('tcpEcho')
    peer.send('0123456789')
    assert.equal((await peer.take(4)).toString(), '0123')
    assert.ok(performance.now() - startedAt >= 199)
    origin.signal('SIGTERM')
    assert.equal((await peer.take(6)).toString(), '456789')
    peer.finish()
    assert.equal(await within('the end', origin.exited), 0)
  })

  test('what was asked and what was done are counted', async (t) => {
    const { origin, open } = await tcpOrigin(t, {
      'defaults.hp': 'fault=truncate@4:first1',
    })
    for (const expected of ['0123', '0123456789']) {
      const peer = await open('tcpEcho')
      peer.send('0123456789')
      peer.finish()
      assert.equal((await peer.rest()).bytes.toString(), expected)
    }
    for (const done of ['true', 'false']) {
      await until(
        `done=${done} is counted`,
        async () =>
          (await scrape(origin)).value('hpdummy_faults_total', {
            fault: 'truncate',
            listener: 'tcp',
            done,
          }),
        { holds: (count) => count === 1 },
      )
    }
  })
})
