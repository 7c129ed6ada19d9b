import assert from 'node:assert/strict'
import { test } from 'node:test'

import { alphabetBytes } from '../support/payloads.ts'
import type { RawSocket } from '../support/raw-socket.ts'
import { scrape } from '../support/scrape.ts'
import { residentBytes, useOrigin } from '../support/shared-origin.ts'
import { openTcp, tcpSettings } from '../support/tcp-client.ts'
import { pause, until } from '../support/wait.ts'
import { createDice } from './fuzz-bytes.ts'

const origin = useOrigin(tcpSettings)
const limited = useOrigin({ ...tcpSettings, 'limits.payload': '1M' })

const MiB = 2 ** 20
const advice = 'send a size such as 1M, or an empty line\n'

function open(): Promise<RawSocket> {
  return openTcp(origin(), 'tcpPayload')
}

/** Reads until `bytes` have come, checks each of them, and keeps none. */
async function check(peer: RawSocket, bytes: number): Promise<void> {
  for (let at = 0; at < bytes;) {
    const length = Math.min(MiB, bytes - at)
    const piece = await peer.take(length)
    assert.ok(piece.equals(alphabetBytes(at, at + length)), `bytes from ${at} on`)
    at += length
  }
}

async function allFreed(): Promise<void> {
  await until(
    'all connections freed',
    async () => {
      const numbers = await scrape(origin())
      return [numbers.openConnections, numbers.activeRequests]
    },
    { holds: ([connections, requests]) => connections === 0 && requests === 0 },
  )
}

test('100M is 100 MiB of the alphabet, and the connection stays', async () => {
  const peer = await open()
  peer.send('100M\n')
  await check(peer, 100 * MiB)
  peer.send('5\n')
  assert.equal((await peer.take(5)).toString(), 'ABCDE')
  peer.finish()
  assert.deepEqual(await peer.rest(), { end: 'FIN', bytes: Buffer.alloc(0) })
})

test('lines sent together are answered in order, each from the first letter', async () => {
  const peer = await open()
  peer.send('3\r\n0\n40\n1k\n')
  peer.send('2')
  peer.send('\n')
  peer.finish()
  const { end, bytes } = await peer.rest()
  const expected = [3, 0, 40, 1024, 2].map((size) => alphabetBytes(0, size))
  assert.equal(end, 'FIN')
  assert.equal(bytes.toString(), Buffer.concat(expected).toString())
})

test('thousands of lines in one write do not delay other connections', async () => {
  const [greedy, other] = [await open(), await open()]
  greedy.send('1\n'.repeat(50_000))
  greedy.finish()
  for (let turn = 0; turn < 10; turn++) {
    other.send('7\n')
    assert.equal((await other.take(7)).toString(), 'ABCDEFG')
  }
  other.leave()
  const { end, bytes } = await greedy.rest()
  assert.deepEqual([end, bytes.toString()], ['FIN', 'A'.repeat(50_000)])
})

test('an empty line is answered without end, beside others, until the peer leaves', async () => {
  const [endless, other] = [await open(), await open()]
  endless.send('\n')
  await check(endless, 20 * MiB)
  for (let turn = 0; turn < 20; turn++) {
    other.send('36\n')
    assert.equal((await other.take(36)).length, 36)
  }
  assert.equal((await scrape(origin())).activeRequests, 1)
  other.leave()
  endless.leave()
  await allFreed()
})

test('readers that stand still cost no copy of the payload', async () => {
  const crowd = await Promise.all(Array.from({ length: 100 }, open))
  const before = residentBytes(origin())
  for (const peer of crowd) {
    peer.socket.pause()
    peer.send('10G\n')
  }
  await until('all readers served', async () => (await scrape(origin())).activeRequests, {
    holds: (count) => count === crowd.length,
  })
  // Long enough for what would be queued to be queued.
  await pause(300)
  const grown = (residentBytes(origin()) - before) / MiB
  for (const peer of crowd) peer.leave()
  // 256 KiB for each would be 25.
  assert.ok(grown < 16, `${grown} MiB for 100 readers`)
  await allFreed()
})

for (const [line, problem] of [
  ['abc\n', '"abc" is not a size'],
  ['-1\n', '"-1" is not a size'],
  ['1.5M\n', '"1.5M" is not a size'],
  ['1M \n', '"1M " is not a size'],
  ['1MB\n', '"1MB" is not a size'],
  ['\r\r\n', String.raw`"\r" is not a size`],
  ['\0\xff\n', '"\\u0000ÿ" is not a size'],
  ['9999999999999999T\n', '"9999999999999999T" is not a size'],
  ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '"GET / HTTP/1.1" is not a size'],
  ['9'.repeat(65), 'a line has at most 64 bytes'],
  ['9'.repeat(100_000), 'a line has at most 64 bytes'],
] as const) {
  test(`${JSON.stringify(line.slice(0, 20))} is refused with a sentence and FIN`, async () => {
    const peer = await open()
    peer.send(`2\n${line}3\n`)
    const { end, bytes } = await peer.rest()
    assert.deepEqual([end, bytes.toString()], ['FIN', `ABerror: ${problem}; ${advice}`])
    peer.leave()
  })
}

test('a size without a line end is refused: it may be half of one', async () => {
  const peer = await open()
  peer.send('10')
  peer.finish()
  const { end, bytes } = await peer.rest()
  assert.deepEqual([end, bytes.toString()], ['FIN', `error: "10" has no line end; ${advice}`])
})

test('limits.payload caps a size and the endless answer', async () => {
  const peer = await openTcp(limited(), 'tcpPayload')
  peer.send('1M\n1025K\n')
  await check(peer, MiB)
  assert.equal(
    (await peer.rest()).bytes.toString(),
    `error: 1025K is past limits.payload (1M); ${advice}`,
  )
  const endless = await openTcp(limited(), 'tcpPayload')
  endless.send('\n')
  await check(endless, MiB)
  assert.deepEqual(await endless.rest(), { end: 'FIN', bytes: Buffer.alloc(0) })
})

test('noise of any kind ends only its own connection', async () => {
  const dice = createDice(20_261_121)
  const crumbs = ['\n', '\r\n', '1', '64', '3K', 'M', '\0', '\xff', ' ', '9'.repeat(30), 'x']
  for (let round = 0; round < 150; round++) {
    const peer = await open()
    const noise = Array.from({ length: 1 + dice.below(12) }, () => dice.oneOf(crumbs))
    // An empty line alone would be endless.
    peer.send(`1${noise.join('')}`.replaceAll(/\n(?=\r?\n)/g, '\n1'))
    if (dice.below(2) === 0) peer.finish()
    else setTimeout(() => peer.leave(), dice.below(5))
    await peer.rest()
    peer.leave()
  }
  await allFreed()
  assert.equal(origin().log.filter(({ level }) => level === 'error').length, 0)
})
