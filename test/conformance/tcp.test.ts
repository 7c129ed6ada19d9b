import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'

import type { RawSocket } from '../support/raw-socket.ts'
import { scrape } from '../support/scrape.ts'
import { residentBytes, useOrigin } from '../support/shared-origin.ts'
import {
  openTcp,
  type TcpPortName,
  openTcpConnections,
  tcpSettings,
  withoutIpv6,
} from '../support/tcp-client.ts'
import { pause, until } from '../support/wait.ts'

const origin = useOrigin(tcpSettings)

const MiB = 2 ** 20

function open(name: TcpPortName, host?: '127.0.0.1' | '::1'): Promise<RawSocket> {
  return openTcp(origin(), name, host)
}

function openConnections(): Promise<number | undefined> {
  return openTcpConnections(origin())
}

async function bytesMoved(direction: 'in' | 'out'): Promise<number> {
  return (await scrape(origin())).value('hpdummy_bytes_total', { direction }) ?? Number.NaN
}

for (const [name, host] of [
  ['tcpEcho', '127.0.0.1'],
  ['tcpEcho', '::1'],
  ['tcpTlsEcho', '127.0.0.1'],
  ['tcpTlsEcho', '::1'],
] as const) {
  const skip = host === '::1' && withoutIpv6
  test(`${name} on ${host} gives every byte back in order, and FIN for FIN`, { skip }, async () => {
    const peer = await open(name, host)
    const sent = randomBytes(5 * MiB + 13)
    for (let at = 0; at < sent.length; at += 77_777) peer.send(sent.subarray(at, at + 77_777))
    peer.finish()
    const { end, bytes } = await peer.rest()
    assert.equal(end, 'FIN')
    assert.ok(bytes.equals(sent), `${bytes.length} bytes came back`)
  })

  test(`${name} on ${host} answers small pieces one by one`, { skip }, async () => {
    const peer = await open(name, host)
    for (const text of ['a', 'bc', '\0\xff', 'x'.repeat(1000)]) {
      peer.send(text)
      assert.equal((await peer.take(text.length)).toString('latin1'), text)
    }
    peer.finish()
    assert.deepEqual(await peer.rest(), { end: 'FIN', bytes: Buffer.alloc(0) })
  })
}

test('a peer that has ended its side still gets the rest', async () => {
  const peer = await open('tcpEcho')
  peer.socket.pause()
  const sent = randomBytes(3 * MiB)
  peer.send(sent)
  peer.finish()
  // Read only when the origin stands still: what moved is counted.
  await until(
    'an echo that waits for its reader',
    async () => [await bytesMoved('in'), await pause(100), await bytesMoved('in')],
    { holds: ([before, , after]) => before === after },
  )
  peer.socket.resume()
  const { end, bytes } = await peer.rest()
  assert.equal(end, 'FIN')
  assert.ok(bytes.equals(sent))
})

test('discard counts what it drops and answers FIN with FIN', async () => {
  const before = await bytesMoved('in')
  const peer = await open('tcpDiscard')
  peer.send(Buffer.alloc(4 * MiB))
  peer.finish()
  assert.deepEqual(await peer.rest(), { end: 'FIN', bytes: Buffer.alloc(0) })
  assert.equal((await bytesMoved('in')) - before, 4 * MiB)
})

test('connections are counted as tcp', async () => {
  await until('no connections of other tests', openConnections, { holds: (count) => count === 0 })
  const peers = [await open('tcpEcho'), await open('tcpDiscard'), await open('tcpPayload')]
  await until('three connections', openConnections, { holds: (count) => count === 3 })
  for (const peer of peers) peer.leave()
  await until('none', openConnections, { holds: (count) => count === 0 })
})

test('peers that send and never read cost little, and do not delay others', async () => {
  const before = residentBytes(origin())
  const crowd = await Promise.all(Array.from({ length: 40 }, () => open('tcpEcho')))
  for (const { socket } of crowd) {
    socket.pause()
    socket.write(Buffer.alloc(16 * MiB))
  }
  const quick = await open('tcpEcho')
  for (let turn = 0; turn < 20; turn++) {
    quick.send(`turn ${turn}`)
    await quick.take(`turn ${turn}`.length)
  }
  // What the kernel holds for both ends is not counted to the process.
  await until(
    'all stand still',
    async () => [await bytesMoved('in'), await pause(200), await bytesMoved('in')],
    { holds: ([from, , to]) => from === to },
  )
  const grown = (residentBytes(origin()) - before) / MiB
  for (const peer of crowd) peer.leave()
  quick.leave()
  // 256 KiB of queue, 64 of one write more and 128 of reading ahead each, and what collectors leave.
  assert.ok(grown < 40 * 0.45 + 64, `${grown} MiB for 40 peers that sent up to 640`)
  await until('all connections freed', openConnections, { holds: (count) => count === 0 })
})

test('bytes in packets of their own come back in order', async () => {
  const peer = await open('tcpEcho')
  peer.socket.setNoDelay(true)
  const sent = randomBytes(20_000)
  for (let at = 0; at < sent.length; at++) peer.send(sent.subarray(at, at + 1))
  peer.finish()
  const { end, bytes } = await peer.rest()
  assert.equal(end, 'FIN')
  assert.ok(bytes.equals(sent))
})
