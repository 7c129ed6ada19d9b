import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { type Answer, ask, jsonOf } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'
import { createDirectory, run, startProgram } from '../support/programs.ts'
import { connectTo, sizedRequest } from '../support/raw.ts'
import { adminStatus, scrape } from '../support/scrape.ts'
import { firstAnswer, shownName } from '../support/tls-files.ts'
import { toolPath, without } from '../support/tools.ts'
import { until, within } from '../support/wait.ts'
import { countListening, threadTicks } from './threads.ts'

const hasNoIpv6 = Object.values(networkInterfaces()).every((addresses) =>
  addresses?.every(({ address }) => address !== '::1'),
)

/** The echo's JSON without what differs from request to request. */
function comparable(answer: Answer): object {
  const changing = new Set(['request_id', 'destination_addr', 'headers'])
  const all = Object.entries(jsonOf(answer)).filter(([name]) => !changing.has(name))
  return Object.fromEntries(all) as object
}

suite('the listeners', { concurrency: 2 }, () => {
  test('http and https serve the same, with a self-signed certificate', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true })
    const port = origin.ports.https
    assert.ok(port !== undefined && port > 0)
    for (const path of ['/some/path?a=1', '/bin/100K', '/status/404', '/chunked/3', '/bin/1Q']) {
      const clear = await ask(origin.ports.http, path)
      const tls = await ask(`https://127.0.0.1:${port}`, path)
      assert.equal(tls.status, clear.status)
      if (clear.headers['content-type'] !== 'application/json') {
        assert.deepEqual(tls.body, clear.body)
      } else if (clear.status !== 400) {
        const [a, b] = [comparable(clear), comparable(tls)]
        assert.deepEqual({ ...b, uri: '' }, { ...a, uri: '' })
      }
    }
    const echo = jsonOf(await ask(`https://127.0.0.1:${port}`, '/some/path'))
    assert.match(String(echo['uri']), /^https:\/\//)
  })

  test(
    'https shows the certificate of the files it was given',
    { skip: without('openssl') },
    async (t) => {
      const directory = createDirectory(t)
      const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
      const options =
        'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=given.example -addext subjectAltName=DNS:localhost'
      const made = await run(toolPath('openssl'), [
        ...options.split(' '),
        '-keyout',
        key,
        '-out',
        cert,
      ])
      assert.equal(made.code, 0, made.stderr)
      const origin = await startOrigin(t, { 'tls.certFile': cert, 'tls.keyFile': key })
      const ca = (await run(toolPath('openssl'), ['x509', '-in', cert])).stdout.toString()
      // The handshake fails unless the certificate is of this authority, and for this name.
      const trust = { ca, rejectUnauthorized: true, servername: 'localhost' }
      const port = origin.ports.https ?? 0
      assert.equal(await shownName(port, trust), 'given.example')
      assert.match(await firstAnswer(port, trust), /^HTTP\/1\.1 200 /)
    },
  )

  test('without a certificate there is no https port', async (t) => {
    const origin = await startOrigin(t)
    assert.equal(origin.ports.https, undefined)
  })

  test(
    ':: answers over IPv6 and IPv4 and shows each client its own address',
    { skip: hasNoIpv6 && 'this kernel has no IPv6' },
    async (t) => {
      const { ports } = await startOrigin(t, { 'http.host': '::', 'admin.host': '::' })
      for (const host of ['[::1]', '127.0.0.1']) {
        const echo = jsonOf(await ask(`http://${host}:${ports.http}`, '/'))
        assert.equal(echo['source_addr'], host.replaceAll(/[[\]]/g, ''))
        const ready = await ask(`http://${host}:${ports.admin}`, '/readyz')
        assert.equal(ready.status, 200)
      }
    },
  )

  test('several workers share a port that the kernel chose', async (t) => {
    const origin = await startOrigin(t, { workers: 2 })
    assert.equal(countListening(origin.ports.http), 2)
    assert.equal((await ask(origin.ports.http, '/')).status, 200)
  })

  test('every worker gets its share of the connections', { skip: without('wrk') }, async (t) => {
    const origin = await startOrigin(t, { workers: 2 })
    assert.equal((await scrape(origin)).value('hpdummy_workers'), 2)
    assert.equal(countListening(origin.ports.http), 2)
    // All workers share the process's sockets, so what tells them apart is the CPU time of their
    // threads. The kernel spreads connections by a hash of their ports: with 64 of them none is left out.
    const before = threadTicks(origin.pid)
    const url = `${origin.url}/bin/1K`
    const { code, stderr } = await run(toolPath('wrk'), ['-t1', '-c64', '-d1s', url])
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    const [most = 0, second = 0] = [...threadTicks(origin.pid)]
      .map(([thread, ticks]) => ticks - (before.get(thread) ?? 0))
      .toSorted((a, b) => b - a)
    assert.ok(most > 1 && second > most / 4, `busiest thread ${most} ticks, next ${second}`)
  })

  test('/metrics answers while every worker is saturated', { skip: without('wrk') }, async (t) => {
    const origin = await startOrigin(t, { workers: 2 })
    const load = startProgram(t, {
      path: toolPath('wrk'),
      words: ['-t2', '-c256', '-d120s', `${origin.url}/`],
    })
    const isSaturated = async (): Promise<boolean> =>
      ((await scrape(origin)).openConnections ?? 0) >= 256
    await until('wrk is at work', isSaturated)
    const took: number[] = []
    for (let times = 0; times < 10; times++) {
      const startedAt = performance.now()
      assert.ok(await within('/metrics', isSaturated()), 'wrk is still at work')
      took.push(Math.round(performance.now() - startedAt))
      assert.equal(await adminStatus(origin, '/livez'), 200)
    }
    t.diagnostic(`/metrics took ${took.join(', ')} ms`)
    await load.end()
  })
})

suite('the admin port', () => {
  test('answers its pages, 404 with what there is, and 405 to what changes things', async (t) => {
    const origin = await startOrigin(t)
    const { admin: port } = origin.ports
    for (const target of ['/livez', '/readyz', '/readyz?verbose']) {
      const { status, headers, body } = await ask(port, target)
      assert.deepEqual([status, body.toString()], [200, 'ok\n'])
      assert.equal(headers['cache-control'], 'no-store')
    }
    const description = await ask(port, '/openapi.json')
    assert.equal(description.headers['content-type'], 'application/json')
    const { openapi, paths } = JSON.parse(description.body.toString()) as {
      openapi: string
      paths: object
    }
    assert.match(openapi, /^3\.1\./)
    assert.ok(Object.hasOwn(paths, '/bin/{size}'))
    const metrics = await ask(port, '/metrics')
    assert.match(metrics.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)

    const unknown = await ask(port, '/no/such/page')
    assert.equal(unknown.status, 404)
    assert.match(unknown.body.toString(), /\/metrics/)
    const changing = await ask(port, '/livez', { method: 'POST', body: 'x' })
    assert.deepEqual([changing.status, changing.headers['allow']], [405, 'GET, HEAD'])
    const head = await ask(port, '/livez', { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers['content-length']], [200, '3'])
  })

  test('/metrics counts exactly the requests that were sent', async (t) => {
    const origin = await startOrigin(t)
    const connection = connectTo(t, origin)
    const sent = [
      { times: 120, target: '/bin/1K', method: 'GET', route: '/bin/{size}', status: 200 },
      { times: 30, target: '/any/path', method: 'POST', route: '/', status: 200 },
      { times: 7, target: '/status/503', method: 'GET', route: '/status/{code}', status: 503 },
      { times: 5, target: '/bin/1Q', method: 'GET', route: '/bin/{size}', status: 400 },
      { times: 3, target: '/', method: 'BREW', route: '/', status: 200, label: '_OTHER' },
    ]
    for (const { times, target, method, status } of sent) {
      for (let count = 0; count < times; count++) {
        const body = method === 'POST' ? '12345' : ''
        connection.send(sizedRequest(`${method} ${target}`, body))
        assert.equal((await connection.answer()).status, status)
      }
    }
    const metrics = await scrape(origin)
    const name = 'http_server_request_duration_seconds'
    for (const { times, method, route, status, label = method } of sent) {
      const labels = {
        http_request_method: label,
        http_route: route,
        http_response_status_code: String(status),
        listener: 'fast',
      }
      assert.equal(metrics.value(`${name}_count`, labels), times)
      assert.equal(metrics.value(`${name}_bucket`, { ...labels, le: '+Inf' }), times)
    }
    const all = sent.reduce((sum, { times }) => sum + times, 0)
    assert.equal(metrics.value(`${name}_count`), all)
    assert.equal(metrics.value('hpdummy_connections_opened_total'), 1)
    assert.equal(metrics.openConnections, 1)
    assert.equal(metrics.value('hpdummy_bytes_total', { direction: 'in' }), 30 * 5)
    assert.equal(metrics.activeRequests, 0)
    assert.equal(metrics.value('hpdummy_drain_phase'), 1)
  })

  test('promtool accepts /metrics', { skip: without('promtool') }, async (t) => {
    const origin = await startOrigin(t)
    for (const target of ['/', '/bin/1K', '/status/503', '/delay/10']) {
      await ask(origin.ports.http, target)
    }
    const file = join(createDirectory(t), 'metrics.txt')
    writeFileSync(file, (await scrape(origin)).text)
    const { code, stdout, stderr } = await run('/bin/sh', [
      '-c',
      '"$0" check metrics < "$1"',
      toolPath('promtool'),
      file,
    ])
    assert.deepEqual(
      { code, stdout: stdout.toString(), stderr },
      { code: 0, stdout: '', stderr: '' },
    )
  })
})
