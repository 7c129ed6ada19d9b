import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'

import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { openTcp, tcpSettings } from '../support/tcp-client.ts'

const MiB = 2 ** 20

const settings = {
  ...tcpSettings,
  workers: 2,
  'drain.quiet': '300ms',
  'drain.notice': '600ms',
  'drain.deadline': '20s',
}

const nothing = { connections: 0, exchanges: 0 }

/** Resolves when the drain has got this far. */
async function untilPhase(origin: TestOrigin, phase: 'notice' | 'finishing'): Promise<void> {
  await origin.waitForLog((line) => line['phase'] === phase)
}

test('TCP connections are served until the port closes, and are ended by FIN', async (t) => {
  const origin = await startOrigin(t, settings)
  const names = ['tcpEcho', 'tcpTlsEcho', 'tcpDiscard', 'tcpPayload'] as const
  const peers = await Promise.all(
    [...names, ...names, ...names].map((name) => openTcp(origin, name)),
  )
  const [echo] = peers
  origin.signal('SIGTERM')
  await untilPhase(origin, 'notice')
  echo?.send('still here')
  assert.equal((await echo?.take(10))?.toString(), 'still here')
  // Whoever comes during the notice is served, too.
  const late = await openTcp(origin, 'tcpEcho')
  late.send('late')
  assert.equal((await late.take(4)).toString(), 'late')
  for (const peer of [...peers, late]) {
    assert.deepEqual(await peer.rest(), { end: 'FIN', bytes: Buffer.alloc(0) })
    peer.finish()
  }
  assert.equal(await origin.exited, 0)
})

test('a payload of known size is finished, an endless one ends, all of it by FIN', async (t) => {
  const origin = await startOrigin(t, settings)
  const sized = await openTcp(origin, 'tcpPayload')
  const endless = await openTcp(origin, 'tcpPayload')
  sized.send('64M\n1M\n')
  endless.send('\n')
  await endless.take(MiB)
  endless.socket.pause()
  await sized.take(36)
  sized.socket.pause()
  origin.signal('SIGTERM')
  await untilPhase(origin, 'finishing')
  endless.socket.resume()
  assert.equal((await endless.rest()).end, 'FIN')
  endless.finish()
  sized.socket.resume()
  const { end, bytes } = await sized.rest()
  sized.finish()
  // The line after it is one too many: the connection is on its way out.
  assert.deepEqual([end, bytes.length], ['FIN', 64 * MiB - 36])
  assert.ok(bytes.equals(alphabetBytes(36, 64 * MiB)))
  assert.equal(await origin.exited, 0)
})

test('an echo that is under way when the port closes ends by FIN, not by a reset', async (t) => {
  // Nobody waits for connections once the notice is over: this one has to count as work.
  const origin = await startOrigin(t, { ...settings, 'drain.notice': settings['drain.quiet'] })
  const peer = await openTcp(origin, 'tcpEcho')
  peer.socket.pause()
  const sent = randomBytes(16 * MiB)
  peer.send(sent)
  origin.signal('SIGTERM')
  await untilPhase(origin, 'finishing')
  peer.socket.resume()
  const { end, bytes } = await peer.rest()
  peer.finish()
  assert.equal(end, 'FIN')
  assert.ok(bytes.length >= MiB && bytes.equals(sent.subarray(0, bytes.length)))
  const stopped = await origin.waitForLog((line) => line['phase'] === 'stopped')
  assert.deepEqual(stopped['cut'], nothing)
  assert.equal(await origin.exited, 0)
})
