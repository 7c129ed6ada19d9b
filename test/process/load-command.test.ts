// `hpdummy load` as a program: what it reports is compared with what servers that are known to the millisecond did.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import type { LoadReport } from '../../app/load/report/load-report.ts'
import { atEnd } from '../support/at-end.ts'
import { endWithUs } from '../support/children.ts'
import { createDirectory } from '../support/directory.ts'
import { startOrigin } from '../support/origin.ts'
import { freePort } from '../support/ports.ts'
import { runHpdummy } from '../support/programs.ts'
import { within } from '../support/wait.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, place: number) => unknown

async function urlOf(t: TestContext, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(t, () => {
    server.close()
    if ('closeAllConnections' in server)
      (server as ReturnType<typeof createServer>).closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server whose answers are the test's; `place` counts requests from 0. */
function serve(t: TestContext, answer: Answer): Promise<string> {
  let place = 0
  return urlOf(
    t,
    createServer((request, response) => answer(request, response, place++)),
  )
}

async function load(...words: string[]): Promise<{ report: LoadReport; code: number | string }> {
  const { code, stdout, stderr } = await runHpdummy(['load', '--json', ...words])
  assert.notEqual(stdout.length, 0, stderr)
  return { report: JSON.parse(stdout.toString()) as LoadReport, code }
}

test('every request is sent once and counted by what became of it, whatever number of threads sends', async (t) => {
  const seen = new Map<string, number>()
  const url = await serve(t, (request, response, place) => {
    const id = String(request.headers['x-hp-id'])
    seen.set(id, (seen.get(id) ?? 0) + 1)
    if (place % 10 === 9) return request.socket.destroy()
    response.statusCode = place % 4 === 0 ? 503 : 200
    return response.end('x'.repeat(place))
  })
  const words = ['--rate=400', '--requests=200', '--workers=2', '--run=r', '--fail=errors>=10%']
  const { report, code } = await load(url, ...words)
  const ids = Array.from({ length: 200 }, (_, n) => `r-${n}`)
  assert.deepEqual([...seen.keys()].toSorted(), ids.toSorted())
  assert.ok([...seen.values()].every((count) => count === 1))
  const { sent, answered, errors, refused } = report.requests
  assert.deepEqual(
    { sent, answered, errors, refused },
    { sent: 200, answered: 180, errors: 20, refused: 50 },
  )
  assert.deepEqual(report.statuses, { 200: 130, 503: 50 })
  assert.equal(report.thresholds[0]?.crossed, true)
  assert.equal(code, 1)
})

// One connection, and an answer that is held: what was due meanwhile has waited, though it was answered at once when
// it was sent. This is the case that wrk2 was written for.
test('a stall counts for all requests that were due in it, not for the one alone that saw it', async (t) => {
  const stallMs = 1000
  const url = await serve(t, (_request, response, place) =>
    place === 20 ? setTimeout(() => response.end(), stallMs) : response.end(),
  )
  const { report } = await load(url, '--rate=200', '--requests=400', '--connections=1')
  const { from_intended_start: intended, from_actual_start: actual } = report.latency
  assert.ok(intended !== null && actual !== null)
  // Half of all requests were due within the stall, and a quarter within its first half.
  assert.ok(intended.p75_ms > stallMs * 0.4, `${intended.p75_ms}`)
  assert.ok(actual.p75_ms < intended.p75_ms / 2, `${actual.p75_ms} of ${intended.p75_ms}`)
  assert.ok(report.requests.waited >= 150, `${report.requests.waited}`)
  const closed = await load(url, '--connections=1', '--requests=400')
  assert.equal(closed.report.schedule.kind, 'closed')
  assert.equal(closed.report.latency.client_lag, null)
})

test('more than all connections can carry ends all the same, and what was never sent is said', async (t) => {
  const url = await serve(t, (_request, response) => setTimeout(() => response.end(), 100))
  const { report } = await load(url, '--rate=1000', '--duration=1s', '--connections=4')
  const { sent, answered, unsent, waited } = report.requests
  assert.deepEqual([answered, sent + unsent], [sent, 1000])
  assert.ok(unsent > 800 && waited > 0, `${unsent} never sent, ${waited} waited`)
  assert.match(report.verdict.why.join(), /never sent|client/)
})

test("the origin's part and the path's are what they are", async (t) => {
  const url = await serve(t, (_request, response) => {
    response.setHeader('Server-Timing', 'queue;dur=10, work;dur=20, write;dur=1')
    setTimeout(() => response.end(), 50)
  })
  const { report } = await load(url, '--rate=50', '--requests=50')
  const { origin, path, from_actual_start: actual } = report.latency
  assert.ok(origin !== null && path !== null && actual !== null)
  assert.ok(Math.abs(origin.p50_ms - 30) < 0.1, `${origin.p50_ms}`)
  assert.ok(actual.min_ms >= 49, `${actual.min_ms}`)
  assert.ok(Math.abs(actual.p50_ms - origin.p50_ms - path.p50_ms) < actual.p50_ms / 100)
})

test('answers that do not come are given up and counted with the time they were waited for', async (t) => {
  const url = await serve(t, (_request, response, place) =>
    place < 5 ? undefined : response.end(),
  )
  const { report } = await load(url, '--rate=100', '--requests=20', '--timeout=700ms')
  assert.deepEqual(report.errors, { timeout: 5 })
  const { from_intended_start: intended } = report.latency
  assert.ok(intended !== null && intended.count === 20 && intended.max_ms >= 700)
})

test('HTTP/2 has many requests under way on one connection, and sends bodies', async (t) => {
  let connections = 0
  let most = 0
  let underWay = 0
  const server = createHttp2Server()
  server.on('session', () => connections++)
  server.on('stream', (stream) => {
    most = Math.max(most, ++underWay)
    let bytes = 0
    stream.on('data', (piece: Buffer) => (bytes += piece.length))
    stream.on('end', () =>
      setTimeout(() => {
        underWay--
        stream.respond({ ':status': bytes === 100_000 ? 200 : 400 })
        stream.end()
      }, 30),
    )
  })
  const url = await urlOf(t, server)
  const { report } = await load(
    url,
    '--h2',
    '--connections=2',
    '--streams=10',
    '--requests=60',
    '--body-size=100000',
  )
  assert.deepEqual(report.statuses, { 200: 60 })
  assert.equal(connections, 2)
  assert.ok(most > 2 && most <= 20, `${most}`)
})

test("a load by name asks the origin, whose own numbers agree with the client's", async (t) => {
  const { ports, url } = await startOrigin(t)
  const directory = createDirectory(t)
  const html = join(directory, 'load.html')
  const words = ['--scenario=fast', '--requests=500', '--connections=8', '--warm-up=20']
  const { report, code } = await load(
    url,
    ...words,
    `--origin=http://127.0.0.1:${ports.admin}`,
    `--ledger=http://127.0.0.1:${ports.admin}`,
    `--html=${html}`,
  )
  assert.equal(code, 0)
  assert.deepEqual(report.statuses, { 200: 500 })
  assert.equal(report.origin?.completed, 500)
  // The 20 of the warm-up are not of the run.
  const { sent, arrived, lost, duplicated } = report.ledger ?? {}
  assert.deepEqual(
    { sent, arrived, lost, duplicated },
    { sent: 500, arrived: 500, lost: 0, duplicated: 0 },
  )
  // Answers to requests with an id say what the origin's part of the time was.
  assert.equal(report.latency.origin?.count, 500)
  assert.ok((report.origin.headroom_least ?? -1) >= 0)
  assert.match(readFileSync(html, 'utf8'), /<svg/)
})

test("--origin alone shows the origin's part of the latency, and a threshold can name it", async (t) => {
  const { ports, url } = await startOrigin(t)
  const { report, code } = await load(
    `${url}/delay/20ms`,
    '--rate=100',
    '--requests=50',
    `--origin=http://127.0.0.1:${ports.admin}`,
    '--fail=origin.p99<15ms',
    '--fail=path.p99<0ms',
  )
  assert.deepEqual(
    report.thresholds.map(({ crossed }) => crossed),
    [false, false],
  )
  assert.equal(report.latency.origin?.count, 50)
  assert.equal(report.ledger, null)
  assert.equal(code, 0)
})

test('where nobody listens, and where nobody can be asked, the exit code is 3', async (t) => {
  const nowhere = `http://127.0.0.1:${await freePort()}`
  const { report, code } = await load(nowhere, '--requests=5', '--rate=100')
  assert.deepEqual(report.errors, { 'connection refused': 5 })
  assert.equal(code, 3)
  const url = await serve(t, (_request, response) => response.end())
  const blind = await load(
    url,
    '--requests=5',
    '--rate=100',
    `--ledger=${nowhere}`,
    '--fail=lost>0',
  )
  assert.match(
    blind.report.unknown.join(),
    /\/ledger\?run=load-\w+ could not be asked: ECONNREFUSED/,
  )
  assert.equal(blind.code, 3)
})

test('the ledger says what arrived', async (t) => {
  const arrived = new Set<string>()
  const url = await serve(t, (request, response) => {
    if (request.url?.startsWith('/ledger') === true) {
      const ids = arrived.size
      const page = { run: 'r', ids, once: ids - 2, duplicated: 2, aborted: 1, odd: [], dropped: 0 }
      return response.end(JSON.stringify(page))
    }
    arrived.add(String(request.headers['x-hp-id']))
    return response.end()
  })
  const { report, code } = await load(
    url,
    '--requests=30',
    '--rate=300',
    '--run=r',
    `--ledger=${url}`,
    '--fail=duplicated>1',
  )
  assert.deepEqual(report.ledger, {
    sent: 30,
    arrived: 30,
    once: 28,
    duplicated: 2,
    lost: 0,
    aborted: 1,
    dropped: 0,
  })
  assert.equal(code, 1)
})

test('Ctrl-C ends with the report so far', async (t) => {
  const first = Promise.withResolvers<undefined>()
  const url = await serve(t, (_request, response, place) => {
    if (place === 20) first.resolve(undefined)
    response.end()
  })
  const words = ['app/main.ts', 'load', url, '--rate=100', '--duration=10m']
  const child = endWithUs(spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] }))
  const text: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => text.push(bytes))
  await first.promise
  child.kill('SIGINT')
  const [code] = (await within('its end', once(child, 'close'))) as [number]
  assert.equal(code, 0)
  assert.match(Buffer.concat(text).toString(), /interrupted[\s\S]*200 +[\d,]+  100 %/)
})
