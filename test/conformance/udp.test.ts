import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'

import { remember } from '../support/leftovers.ts'
import { scrape } from '../support/scrape.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { portOf, tcpSettings, withoutIpv6 } from '../support/tcp-client.ts'
import { pause, until, within } from '../support/wait.ts'

const origin = useOrigin({ ...tcpSettings, workers: 2 })

/** A client of the echo: what came back, in order. */
interface UdpPeer {
  readonly socket: Socket
  readonly answers: readonly Buffer[]
  send(bytes: Uint8Array): void
  /** Resolves when so many have come back; rejects when there are fewer in time. */
  has(count: number): Promise<void>
  leave(): void
}

async function open(host: '127.0.0.1' | '::1', from?: string, port?: number): Promise<UdpPeer> {
  const type = host === '::1' ? 'udp6' : 'udp4'
  const socket = createSocket({ type, reusePort: port !== undefined })
  socket.bind(port ?? 0, from)
  await within('a port', once(socket, 'listening'))
  const answers: Buffer[] = []
  socket.on('message', (bytes) => answers.push(bytes))
  let isOpen = true
  const leave = (): void => {
    if (isOpen) socket.close()
    isOpen = false
  }
  remember({ destroy: leave, once: (event, listener) => socket.once(event, listener) })
  return {
    socket,
    answers,
    leave,
    send: (bytes) => socket.send(bytes, portOf(origin(), 'udpEcho'), host),
    async has(count) {
      await until(`${count} answers`, () => answers.length, { holds: (length) => length >= count })
    },
  }
}

for (const [host, longest] of [
  ['127.0.0.1', 65_507],
  ['::1', 65_527],
] as const) {
  const skip = host === '::1' && withoutIpv6
  test(`datagrams of every size come back as they were, on ${host}`, { skip }, async () => {
    const peer = await open(host)
    const sizes = [0, 1, 64, 1472, 1500, 9000, 65_000, longest]
    for (const [index, size] of sizes.entries()) {
      const bytes = randomBytes(size)
      peer.send(bytes)
      await peer.has(index + 1)
      assert.ok(peer.answers[index]?.equals(bytes), `${size} bytes`)
    }
    // An echo that came twice would be here by now: each size waited for the one before.
    assert.equal(peer.answers.length, sizes.length)
    peer.leave()
  })
}

test('each of many senders gets its own datagrams back', async () => {
  const peers = await Promise.all(Array.from({ length: 30 }, () => open('127.0.0.1')))
  for (let round = 0; round < 20; round++) {
    for (const [index, peer] of peers.entries()) peer.send(Buffer.from(`${index} ${round}`))
    await Promise.all(peers.map((peer) => peer.has(round + 1)))
  }
  for (const [index, peer] of peers.entries()) {
    const expected = Array.from({ length: 20 }, (_, round) => `${index} ${round}`)
    assert.deepEqual(
      peer.answers.map((bytes) => bytes.toString()),
      expected,
    )
    peer.leave()
  }
})

async function bytesMoved(direction: 'in' | 'out'): Promise<number> {
  return (await scrape(origin())).value('hpdummy_bytes_total', { direction }) ?? Number.NaN
}

test('bytes are counted both ways', async () => {
  const before = [await bytesMoved('in'), await bytesMoved('out')] as const
  const peer = await open('127.0.0.1')
  for (let sent = 0; sent < 10; sent++) peer.send(Buffer.alloc(1000))
  await peer.has(10)
  await until(
    '10,000 bytes in and out',
    async () => [(await bytesMoved('in')) - before[0], (await bytesMoved('out')) - before[1]],
    { holds: ([into, out]) => into === 10_000 && out === 10_000 },
  )
  peer.leave()
})

test('a sender on the port of an echo service gets no answer, and others do', async () => {
  // Two origins told of each other by a forged datagram would talk for ever.
  const twin = await open('127.0.0.1', '127.0.0.2', portOf(origin(), 'udpEcho'))
  const other = await open('127.0.0.1')
  for (let round = 1; round <= 10; round++) {
    twin.send(Buffer.from('echo'))
    other.send(Buffer.from('echo'))
    await other.has(round)
  }
  // Time for an answer that must not come.
  await pause(100)
  assert.deepEqual(twin.answers, [])
  twin.leave()
  other.leave()
})

test('a flood whose answers are not read leaves the port as it was', async () => {
  const flood = await open('127.0.0.1')
  flood.socket.removeAllListeners('message')
  for (let sent = 0; sent < 3000; sent++) flood.send(Buffer.alloc(1 + ((sent * 7919) % 60_000)))
  // Time for the flood to arrive.
  await pause(100)
  flood.leave()
  // The flood may have filled the port's queue: datagrams are sent again until one gets through.
  const peer = await open('127.0.0.1')
  await until(
    'an answer after the flood',
    () => {
      peer.send(Buffer.from('still there'))
      return peer.answers.length
    },
    { holds: (length) => length > 0 },
  )
  assert.equal(peer.answers[0]?.toString(), 'still there')
  peer.leave()
})
