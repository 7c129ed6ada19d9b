import assert from 'node:assert/strict'
import { type Socket, connect } from 'node:net'
import { suite, test } from 'node:test'

import { ask } from '../support/ask.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { openFiles, settledMiB } from '../support/process-memory.ts'
import { connectTo, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { until } from '../support/wait.ts'
import { disperse, gather, trickle } from './crowd.ts'

// What collectors make of 200 requests' garbage; a write of 256 KiB for each would be 50 MiB.
const noiseMiB = 16
const slowReaders = 200

/** Resolves when a client that reads as fast as it can has had all of a download. */
async function readFast({ ports }: TestOrigin): Promise<void> {
  const socket: Socket = connect({ port: ports.http, host: '127.0.0.1' })
  let bytes = 0
  socket.on('data', (piece: Buffer) => (bytes += piece.length))
  socket.write('GET /bin/100M HTTP/1.1\r\nHost: origin\r\n\r\n')
  await until('a fast reader has its 100 MiB', () => bytes > 100 * 2 ** 20)
  socket.destroy()
}

async function untilGone(origin: TestOrigin): Promise<void> {
  await until('there are no requests and connections left', async () => {
    const { activeRequests, openConnections } = await scrape(origin)
    return activeRequests === 0 && openConnections === 0
  })
}

/** Memory while `slowReaders` connections ask for `target` (or for nothing) and a fast one is served. */
async function measureCrowd(origin: TestOrigin, target: string | undefined): Promise<number> {
  const crowd = await gather(origin.ports.http, {
    count: slowReaders,
    ...(target !== undefined && { target }),
  })
  const stop = target === undefined ? () => {} : trickle(crowd.slice(0, slowReaders / 2))
  const requests = target === undefined ? 0 : slowReaders
  await until('all are there', async () => (await scrape(origin)).activeRequests === requests)
  await readFast(origin)
  const memory = await settledMiB(origin.pid)
  const { openConnections, activeRequests } = await scrape(origin)
  assert.deepEqual([openConnections, activeRequests], [slowReaders, requests])
  stop()
  disperse(crowd)
  await untilGone(origin)
  return memory
}

suite('memory', { concurrency: 2 }, () => {
  for (const [target, extraMiB] of [
    ['/bin/10G', 0],
    // The engine queues what the socket does not take of one chunk.
    ['/bin/10G?chunked=true', (slowReaders * 256) / 1024],
  ] as const) {
    test(`${slowReaders} slow readers of ${target} cost what idle connections cost, beside a fast one`, async (t) => {
      const origin = await startOrigin(t)
      const rounds = [await measureCrowd(origin, target)]
      const idle = await measureCrowd(origin, undefined)
      for (let round = 0; round < 2; round++) rounds.push(await measureCrowd(origin, target))
      const shown = `MiB: idle ${Math.round(idle)}, slow ${rounds.map(Math.round).join()}`
      t.diagnostic(shown)
      for (const memory of rounds) assert.ok(memory <= idle + extraMiB + noiseMiB, shown)
      assert.ok((await settledMiB(origin.pid)) <= idle + extraMiB + noiseMiB, `it stays: ${shown}`)
    })
  }

  test('2000 clients that leave in the middle leave nothing behind', async (t) => {
    const origin = await startOrigin(t)
    const rounds = []
    await ask(origin.ports.http, '/')
    await untilGone(origin)
    const files = openFiles(origin.pid)
    for (let round = 0; round < 3; round++) {
      const crowds = []
      for (const target of ['/bin/10G', '/delay/60s', '/sse?count=0&interval=100ms']) {
        crowds.push(...(await gather(origin.ports.http, { count: 667, target })))
      }
      await until(
        'all are there',
        async () => (await scrape(origin)).activeRequests === crowds.length,
      )
      disperse(crowds)
      await untilGone(origin)
      rounds.push(await settledMiB(origin.pid))
    }
    const shown = `MiB after each round: ${rounds.map(Math.round).join()}`
    t.diagnostic(shown)
    assert.ok((rounds[2] ?? 0) - (rounds[0] ?? 0) <= 2 * noiseMiB, shown)
    await until('its sockets are closed', () => openFiles(origin.pid) <= files)
    assert.equal((await ask(origin.ports.http, '/bin/1K')).body.length, 1024)
  })

  test('a client that pipelines requests and reads no answer costs no more than its buffers', async (t) => {
    const origin = await startOrigin(t)
    await ask(origin.ports.http, '/bin/64K')
    const before = await settledMiB(origin.pid)
    const client = connectTo(t, origin)
    client.socket.pause()
    client.send(rawRequest('GET /bin/64K').repeat(2000))
    const answered = async (): Promise<number> =>
      (await scrape(origin)).value('http_server_request_duration_seconds_count') ?? 0
    await until('it has had its answers, or is held back', async () => {
      const [earlier, later] = [await answered(), await settledMiB(origin.pid).then(answered)]
      return earlier === later
    })
    const grown = (await settledMiB(origin.pid)) - before
    assert.ok(grown <= noiseMiB, `one client costs ${Math.round(grown)} MiB`)
  })
})
