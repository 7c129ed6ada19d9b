import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { ask } from '../support/ask.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { allFreed, readActivity, residentBytes, useOrigin } from '../support/shared-origin.ts'
import { pause, until } from '../support/wait.ts'

const origin = useOrigin()

/** Opens connections that each send `bytes`, and waits until the origin is at work on all of them. */
async function occupy(bytes: string, count: number): Promise<readonly RawConnection[]> {
  const connections = await Promise.all(
    Array.from({ length: count }, () => RawConnection.open(origin().url)),
  )
  for (const connection of connections) {
    connection.socket.pause()
    connection.send(bytes)
  }
  await until(`${count} requests at work`, () => readActivity(origin()), {
    holds: ({ requests }) => requests === count,
  })
  return connections
}

for (const [what, bytes] of [
  ['a delay', rawRequest('GET /delay/30000')],
  ['endless events', rawRequest('GET /sse?count=0&interval=5')],
  ['endless events without an interval', rawRequest('GET /ndjson?count=0&interval=0')],
  ['10 GiB', rawRequest('GET /bin/10G')],
  ['10 GiB chunked', rawRequest('GET /bin/10G?chunked=true')],
  ['10 GiB of a seed', rawRequest('GET /bin/10G?seed=3')],
  ['the digest of 10000 GiB', rawRequest('GET /bin/10000G?digest=true')],
  ['a slow drip', rawRequest('GET /drip?bytes=1000&duration=1m')],
  ['a drip that has not begun', rawRequest('GET /drip?bytes=1000&delay=1m')],
  ['slow chunks', rawRequest('GET /chunked/1000?delay=30000')],
  [
    'half an upload',
    rawRequest('POST /upload?digest=true', { headers: ['Content-Length: 1000'], body: 'half' }),
  ],
  ['half a body', rawRequest('POST /', { headers: ['Content-Length: 1000'], body: 'half' })],
  [
    'half a chunk',
    rawRequest('POST /', { headers: ['Transfer-Encoding: chunked'], body: 'ff\r\nhalf' }),
  ],
  [
    'a body that is read slowly',
    rawRequest('POST /delay/0/100', {
      headers: ['Content-Length: 10000000'],
      body: 'x'.repeat(400_000),
    }),
  ],
] as const) {
  for (const how of ['a FIN', 'a reset'] as const) {
    test(`clients that leave during ${what} with ${how} are freed`, async () => {
      const connections = await occupy(bytes, 4)
      for (const { socket } of connections) {
        if (how === 'a reset') socket.resetAndDestroy()
        else socket.destroy()
      }
      await allFreed(origin())
    })
  }
}

test('clients that send nothing, or half a head, are freed when they leave', async () => {
  const connections: RawConnection[] = []
  for (const bytes of ['', 'G', 'GET / HTTP/1.1\r\nHost: x\r\nX-Half']) {
    const connection = await RawConnection.open(origin().url)
    if (bytes !== '') connection.send(bytes)
    connections.push(connection)
  }
  await until('3 connections', () => readActivity(origin()), {
    holds: (activity) => activity.connections === 3,
  })
  for (const connection of connections) connection.leave()
  await allFreed(origin())
})

for (const path of [
  '/bin/200M',
  '/bin/200M?chunked=true',
  '/bin/200M?seed=9',
  '/bin/200M?cipher=aes-128-cbc',
  '/chunked/200?size=1M',
  '/drip?bytes=200M&duration=100ms',
  '/sse?count=0&interval=0&size=1M',
  '/ndjson?count=0&interval=0',
]) {
  test(`readers of ${path} who stop reading cost little, and are freed when they leave`, async () => {
    const connections = await occupy(rawRequest(`GET ${path}`), 20)
    const before = residentBytes(origin())
    for (const { socket } of connections) socket.resume()
    await Promise.all(
      connections.map((connection) =>
        until('100 KB', () => connection.waiting, { holds: (bytes) => bytes > 100_000 }),
      ),
    )
    for (const { socket } of connections) socket.pause()
    // Time in which an origin without backpressure would pile up 4 GB.
    await pause(300)
    const grown = residentBytes(origin()) - before
    assert.ok(grown < 128 * 2 ** 20, `grew by ${grown} bytes`)
    for (const connection of connections) connection.leave()
    await allFreed(origin())
  })
}

for (const line of [
  'GET /delay/30000',
  'GET /sse?count=0',
  'GET /bin/10G',
  'GET /bin/10000G?digest=true',
  'GET /drip?delay=1m',
  'POST /upload',
]) {
  // RFC 9112 9.6 has nothing processed behind Connection: close; the engine (20.51) forgets the word
  // when there is something, and goes on. So the client's leaving is what counts.
  test(`${line} behind a request that said Connection: close is freed when the client leaves`, async () => {
    const connection = await RawConnection.open(origin().url)
    const last = rawRequest('GET /health', { headers: ['Connection: close'] })
    connection.send(last + rawRequest(line, { headers: ['Content-Length: 10'], body: 'half' }))
    assert.equal((await connection.answer()).body.toString(), '{"status":"ok"}')
    connection.leave()
    await allFreed(origin())
  })
}

/** Milliseconds of CPU the origin has used so far, in the kernel's ticks of 10 ms. */
function usedMs(): number {
  const stat = readFileSync(`/proc/${origin().pid}/stat`, 'utf8')
  // The name in parentheses may hold spaces; utime and stime are the 12th and 13th field behind it.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return (Number(user) + Number(system)) * 10
}

test('an origin without clients is idle, and still answers', async () => {
  await until(
    'less than 100 ms of CPU in 300 ms',
    async () => {
      const before = usedMs()
      await pause(300)
      return usedMs() - before
    },
    { holds: (ms) => ms < 100 },
  )
  assert.equal((await ask(origin().url, '/health')).status, 200)
})
