import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { type Socket, connect } from 'node:net'
import { suite, test } from 'node:test'

import { ask } from '../support/ask.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { connectTo, rawRequest, sizedRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { pause, until, within } from '../support/wait.ts'

/** mulberry32: the same numbers again for the same seed. */
function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * sides)
  }
}

const targets = `
  / /help /health /status/204 /status/200:1,503:1 /nousage /no/such/path
  /bin/1K /bin/100K /bin/10G /bin/10G?chunked=true /bin/1Q /bin/5M?seed=9
  /bin/5M?digest=true /bin/5M?hash=sha256 /bin/5M?cipher=aes-128-cbc&chunked=true
  /chunked/50?delay=1 /chunked/1000?size=64K /drip?bytes=5M&duration=100ms
  /sse?count=0&interval=1 /ndjson?count=0&interval=0 /delay/50 /delay/20/5
  /upload /upload?digest=true /ws /ws/push?count=0&interval=1&size=10K /ws/close
`
  .trim()
  .split(/\s+/)

const handshake =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

/** Some bytes that a client may send: requests, whole or cut, right or wrong, one or several. */
function throwBytes(dice: (sides: number) => number): string {
  const target = targets[dice(targets.length)] ?? '/'
  const method = ['GET', 'GET', 'POST', 'PUT', 'HEAD', 'BREW'][dice(6)] ?? 'GET'
  const size = [0, 10, 70_000, 1_000_000][dice(4)] ?? 0
  const body = method === 'POST' || method === 'PUT' ? 'x'.repeat(size) : ''
  const isChunked = body !== '' && dice(3) === 0
  const framed = isChunked ? `${size.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body
  const lines = [
    isChunked ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${body.length}\r\n`,
    target.startsWith('/ws') && dice(4) > 0 ? handshake : '',
    dice(20) === 0 ? 'Range: bytes=10-20\r\n' : '',
    dice(20) === 0 ? 'Expect: 100-continue\r\n' : '',
    dice(50) === 0 ? 'no header at all\r\n' : '',
  ]
  const request = `${method} ${target} HTTP/1.1\r\nHost: origin\r\n${lines.join('')}\r\n${framed}`
  const cut = dice(6) === 0 ? request.slice(0, dice(request.length)) : request
  return cut.repeat(dice(5) === 0 ? 1 + dice(5) : 1)
}

/** Clients without manners, `count` at a time: some read nothing, all leave in the middle of something. */
function unleash(port: number, { count, seed }: { count: number; seed: number }): () => void {
  const dice = createDice(seed)
  const open = new Set<Socket>()
  let isOver = false
  const come = (): void => {
    if (isOver) return
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: dice(2) === 0 })
    open.add(socket)
    if (dice(3) === 0) socket.pause()
    else socket.resume()
    socket.on('error', () => {})
    socket.on('close', () => {
      open.delete(socket)
      setTimeout(come, 2)
    })
    socket.write(throwBytes(dice))
    if (dice(2) === 0) setTimeout(() => socket.end(), dice(100))
    setTimeout(() => socket.destroy(), dice(200))
  }
  for (let place = 0; place < count; place++) come()
  return () => {
    isOver = true
    for (const socket of open) socket.destroy()
  }
}

async function untilIdle(origin: TestOrigin): Promise<void> {
  await until('no request and no connection is left', async () => {
    const { activeRequests, openConnections } = await scrape(origin)
    return activeRequests === 0 && openConnections === 0
  })
}

suite('the origin survives', { concurrency: 2 }, () => {
  test('clients that break off, send nonsense, read nothing or pipeline everything', async (t) => {
    const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31))
    t.diagnostic(`SEED=${seed}`)
    const origin = await startOrigin(t, { 'drain.deadline': '2s' })
    const leash = unleash(origin.ports.http, { count: 60, seed })
    t.after(leash)
    await until('hundreds have come', async () => {
      return ((await scrape(origin)).value('hpdummy_connections_opened_total') ?? 0) > 600
    })
    leash()
    await untilIdle(origin)
    assert.equal((await ask(origin.ports.http, '/')).status, 200)

    const again = unleash(origin.ports.http, { count: 60, seed: seed + 1 })
    t.after(again)
    await until('they are at it again', async () => {
      return ((await scrape(origin)).value('hpdummy_connections_opened_total') ?? 0) > 800
    })
    origin.signal('SIGTERM')
    assert.equal(await within('the end', origin.exited), 0)
    assert.deepEqual(
      origin.log.filter(({ level }) => level === 'error'),
      [],
    )
  })

  test('a body past limits.body, announced or not, on every endpoint', async (t) => {
    const origin = await startOrigin(t, { 'limits.body': '1K' })
    const { http: port } = origin.ports
    const body = 'x'.repeat(2000)
    for (const target of ['/', '/status/200', '/nousage', '/upload', '/delay/10', '/delay/0/10']) {
      const announced = await ask(port, target, { method: 'POST', body })
      assert.equal(announced.status, 413, target)
      const connection = connectTo(t, origin)
      const headers = ['Transfer-Encoding: chunked']
      const chunked = `7d0\r\n${body}\r\n0\r\n\r\n`
      connection.send(rawRequest(`POST ${target}`, { headers, body: chunked }))
      assert.equal((await connection.answer()).status, 413, target)
    }
    assert.equal((await ask(port, '/')).status, 200)
  })

  test('a body past limits.body while it is being read slowly', async (t) => {
    const origin = await startOrigin(t, { 'limits.body': '100K' })
    const client = connectTo(t, origin)
    // In one write, so that the second chunk is found past the limit while the first one is waited for.
    const chunk = `${(70 * 1024).toString(16)}\r\n${'x'.repeat(70 * 1024)}\r\n`
    const headers = ['Transfer-Encoding: chunked']
    client.send(rawRequest('POST /delay/0/100', { headers, body: `${chunk.repeat(3)}0\r\n\r\n` }))
    assert.equal((await client.answer()).status, 413)
    // As long as the endpoint waits, and the time it takes a process to end.
    const ended = await Promise.race([
      origin.exited.then((code) => `it ended with ${code}`),
      pause(500),
    ])
    assert.equal(ended, undefined)
  })

  test('a request after an answer that closes the connection is not counted for ever', async (t) => {
    const origin = await startOrigin(t, { 'drain.deadline': '300ms' })
    const client = connectTo(t, origin)
    const body = 'x'.repeat(70_000)
    // The body must span two reads, so that the first answer is written while the second is parsed.
    client.send(sizedRequest('POST /', body, { headers: ['Connection: close'] }))
    client.send(sizedRequest('POST /', body))
    await within('the end', client.ended)
    await until('no request is active', async () => (await scrape(origin)).activeRequests === 0)
  })
})
