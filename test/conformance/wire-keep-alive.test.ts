import assert from 'node:assert/strict'
import { type TestContext, suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { readConfigz, untilGeneration } from '../support/configz.ts'
import { remember } from '../support/leftovers.ts'
import { startMounted } from '../support/mounted-settings.ts'
import type { TestOrigin } from '../support/origin.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { allFreed } from '../support/shared-origin.ts'
import { pause } from '../support/wait.ts'
import { howItEnds, useWire, wireUrl } from './wire-client.ts'

const idle = 300
const { origin, open } = useWire({ 'keepAlive.idle': `${idle}ms`, 'keepAlive.requests': 3 })

// A timer may be early by the fraction of a millisecond its clock is coarse.
const soonestMs = idle - 10
// Node's own clock for idle connections would add a second.
const latestMs = idle + 900

/**
 * The origin ends the connection with FIN, in time. The origin's clock starts between `since`, when the
 * client has said what it had to, and now, when it has its answer.
 */
async function checkIdle(connection: RawConnection, since = performance.now()): Promise<void> {
  const answeredAt = performance.now()
  assert.equal(await howItEnds(connection), 'FIN')
  const endedAt = performance.now()
  assert.ok(endedAt - since >= soonestMs, `after ${endedAt - since} ms`)
  assert.ok(endedAt - answeredAt <= latestMs, `after ${endedAt - answeredAt} ms`)
}

suite('keepAlive.idle', () => {
  test('ends a connection that has sent nothing', async () => {
    const since = performance.now()
    await checkIdle(await open(), since)
  })

  test('ends a connection after an answer', async () => {
    const connection = await open()
    const since = performance.now()
    connection.send(rawRequest('GET /'))
    const answer = await connection.answer()
    assert.notEqual(headerOf(answer, 'connection'), 'close')
    await checkIdle(connection, since)
  })

  test('begins anew after each answer', async () => {
    const connection = await open()
    connection.send(rawRequest('GET /delay/200'))
    await connection.answer()
    const since = performance.now()
    connection.send(rawRequest('GET /delay/200'))
    await connection.answer()
    await checkIdle(connection, since + 200)
  })

  test('does not run while an answer is made, streamed, or a body is awaited', async () => {
    for (const path of ['/delay/900', '/drip?bytes=2&duration=900', '/sse?count=2&interval=900']) {
      const connection = await open()
      connection.send(rawRequest(`GET ${path}`))
      assert.equal((await connection.answer()).status, 200)
      connection.leave()
    }
    const connection = await open()
    connection.send(rawRequest('POST /upload', { headers: ['Content-Length: 3'], body: 'a' }))
    // The time itself is what is tested: a body slower than keepAlive.idle.
    for (const rest of ['b', 'c']) {
      await pause(2 * idle)
      connection.send(rest)
    }
    assert.equal(jsonOf(await connection.answer())['bytes_received'], 3)
    connection.leave()
  })
})

suite('keepAlive.requests', () => {
  test('the third answer says close, then FIN', async () => {
    const connection = await open()
    const ended = howItEnds(connection)
    for (const isLast of [false, false, true]) {
      connection.send(rawRequest('GET /'))
      const answer = await connection.answer()
      assert.equal(headerOf(answer, 'connection'), isLast ? 'close' : 'keep-alive')
    }
    assert.equal(await ended, 'FIN')
  })

  test('of ten in one write three are answered, in order, then FIN', async () => {
    const connection = await open()
    const ended = howItEnds(connection)
    const paths = ['/delay/50?_0', ...Array.from({ length: 9 }, (_, at) => `/n?_${at + 1}`)]
    connection.send(paths.map((path) => rawRequest(`GET ${path}`)).join(''))
    for (let at = 0; at < 3; at++) {
      const answer = await connection.answer()
      assert.equal(jsonOf(answer)['query'], `_${at}`)
      assert.equal(headerOf(answer, 'connection'), at === 2 ? 'close' : 'keep-alive')
    }
    assert.equal(await ended, 'FIN')
    assert.equal(connection.waiting, 0)
  })

  test('/configz shows both', async () => {
    const { effective } = await readConfigz(origin())
    assert.equal(effective['keepAlive.idle'], '300ms')
    assert.equal(effective['keepAlive.requests'], '3')
  })

  test('nothing is held afterwards', () => allFreed(origin()))
})

async function openOn(t: TestContext, started: TestOrigin): Promise<RawConnection> {
  const connection = await RawConnection.open(wireUrl(started))
  t.after(() => connection.leave())
  remember(connection.socket)
  return connection
}

suite('changed while connections are idle', { concurrency: 2 }, () => {
  test('keepAlive.idle: those that are idle end by the new time', async (t) => {
    const mounted = await startMounted(t, 'workers: 1\nkeepAlive.idle: 1h\n')
    const used = await openOn(t, mounted.origin)
    used.send(rawRequest('GET /'))
    await used.answer()
    const silent = await openOn(t, mounted.origin)
    const busy = await openOn(t, mounted.origin)
    const since = performance.now()
    busy.send(rawRequest('GET /delay/1500'))
    const ends = [howItEnds(used), howItEnds(silent)]
    mounted.mount.write('workers: 1\nkeepAlive.idle: 300ms\n')
    assert.deepEqual(await Promise.all(ends), ['FIN', 'FIN'])
    assert.equal((await readConfigz(mounted.origin)).effective['keepAlive.idle'], '300ms')
    assert.equal((await busy.answer()).status, 200)
    await checkIdle(busy, since + 1500)
  })

  test('keepAlive.requests: counts earlier requests of a connection', async (t) => {
    const mounted = await startMounted(t, 'workers: 1\n')
    const connection = await openOn(t, mounted.origin)
    const ended = howItEnds(connection)
    for (let count = 0; count < 4; count++) {
      connection.send(rawRequest('GET /'))
      assert.equal(headerOf(await connection.answer(), 'connection'), 'keep-alive')
    }
    mounted.mount.write('workers: 1\nkeepAlive.requests: 5\n')
    await untilGeneration(mounted.origin, 2)
    connection.send(rawRequest('GET /'))
    assert.equal(headerOf(await connection.answer(), 'connection'), 'close')
    assert.equal(await ended, 'FIN')
  })
})
