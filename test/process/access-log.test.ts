import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { suite, test } from 'node:test'

import { WebSocket } from 'ws'

import { untilGeneration } from '../support/configz.ts'
import { startMounted } from '../support/mounted-settings.ts'
import { type LogLine, type TestOrigin, startOrigin } from '../support/origin.ts'
import { run } from '../support/programs.ts'
import { connectTo, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { without } from '../support/tools.ts'
import { until, within } from '../support/wait.ts'

function requests({ log }: TestOrigin): readonly LogLine[] {
  return log.filter(({ msg }) => msg === 'request')
}

async function untilLogged(origin: TestOrigin, count: number): Promise<readonly LogLine[]> {
  await until(`${count} requests are logged`, () => requests(origin).length >= count)
  return requests(origin)
}

suite('the access log', () => {
  test('is off by default', async (t) => {
    const origin = await startOrigin(t)
    await (await fetch(`${origin.url}/bin/1K`)).arrayBuffer()
    origin.signal('SIGTERM')
    await origin.exited
    assert.equal(requests(origin).length, 0)
  })

  test('has a line for each request, however it ended', async (t) => {
    const origin = await startOrigin(t, { 'log.requests': true })
    const headers = { 'x-request-id': 'the-id', 'user-agent': 'a "test"\\' }
    for (const path of ['/bin/1K?seed=1', '/bin/1K', '/bin/1K', '/status/503', '/bin/none']) {
      await (await fetch(origin.url + path, { headers })).arrayBuffer()
    }
    await (await fetch(`${origin.url}/upload`, { method: 'POST', body: 'x'.repeat(5000) })).text()
    const connection = connectTo(t, origin)
    connection.send(rawRequest('GET /delay/60000'))
    await until('it waits', async () => (await scrape(origin)).activeRequests === 1)
    connection.socket.resetAndDestroy()
    const lines = await untilLogged(origin, 7)
    assert.deepEqual(
      lines.map(
        ({ method, target, status }) => `${String(method)} ${String(target)} ${String(status)}`,
      ),
      [
        'GET /bin/1K?seed=1 200',
        'GET /bin/1K 200',
        'GET /bin/1K 200',
        'GET /status/503 503',
        'GET /bin/none 400',
        'POST /upload 200',
        'GET /delay/60000 499',
      ],
    )
    const [first = {}, , , , , upload = {}, aborted = {}] = lines
    assert.deepEqual(
      ['route', 'listener', 'bytes_in', 'bytes_out', 'source_addr', 'request_id', 'user_agent'].map(
        (name) => first[name],
      ),
      ['/bin/{size}', 'fast', 0, 1024, '127.0.0.1', 'the-id', 'a "test"\\'],
    )
    assert.equal(upload['bytes_in'], 5000)
    assert.equal(aborted['aborted'], true)
    assert.ok(Number(aborted['duration_ms']) > 0)
  })

  test('shows how much of a download was sent, and metrics show it while it runs', async (t) => {
    const origin = await startOrigin(t, { 'log.requests': true })
    const connection = connectTo(t, origin)
    connection.send(rawRequest('GET /bin/100G'))
    const moved = async (): Promise<number> =>
      (await scrape(origin)).value('hpdummy_bytes_total', { direction: 'out' }) ?? 0
    await until('bytes are on their way', async () => (await moved()) > 2 ** 20)
    connection.socket.resetAndDestroy()
    const [line = {}] = await untilLogged(origin, 1)
    assert.ok(Number(line['bytes_out']) > 2 ** 20)
    assert.equal(await moved(), line['bytes_out'])
  })

  test('has a line for each handshake', async (t) => {
    const origin = await startOrigin(t, { 'log.requests': true })
    const socket = new WebSocket(`${origin.url.replace('http', 'ws')}/ws`)
    await within('it opens', new Promise((resolve) => socket.addEventListener('open', resolve)))
    socket.close()
    await (await fetch(`${origin.url}/ws`)).text()
    const lines = await untilLogged(origin, 2)
    assert.deepEqual(
      lines.map(({ route, status }) => [route, status]),
      [
        ['/ws/{anything?}', 101],
        ['/ws/{anything?}', 400],
      ],
    )
  })

  test('is whole when the origin has drained, at any rate', { skip: without('wrk') }, async (t) => {
    const origin = await startOrigin(t, { 'log.requests': true, workers: 2 })
    const { stdout } = await run('wrk', ['-t1', '-c8', '-d2s', `${origin.url}/`])
    const answered = Number(/(\d+) requests in/.exec(stdout.toString())?.[1])
    const name = 'http_server_request_duration_seconds_count'
    const counted = (await scrape(origin)).value(name) ?? 0
    const dropped = (await scrape(origin)).value('hpdummy_log_lines_dropped_total') ?? 0
    origin.signal('SIGTERM')
    assert.equal(await origin.exited, 0)
    const logged = requests(origin).length
    t.diagnostic(`${answered} answered, ${counted} counted, ${logged} logged, ${dropped} given up`)
    assert.ok(logged > 100 && logged + dropped === counted)
  })

  test('is switched while the origin runs, constant answers included', async (t) => {
    const { origin, mount } = await startMounted(t, 'log.requests: false\n')
    const ask = async (): Promise<void> => {
      await (await fetch(`${origin.url}/bin/1K`)).arrayBuffer()
    }
    await ask()
    await ask()
    mount.write('log.requests: true\n')
    await untilGeneration(origin, 2)
    await ask()
    assert.equal((await untilLogged(origin, 1)).length, 1)
    mount.write('log.requests: true\nlog.level: warn\n')
    await untilGeneration(origin, 3)
    await ask()
    mount.write('log.requests: true\n')
    await untilGeneration(origin, 4)
    await ask()
    assert.equal((await untilLogged(origin, 2)).length, 2)
  })
})

suite('the access log of the wire listener', () => {
  test('has requests of every version, and WebSockets', async (t) => {
    const origin = await startOrigin(t, { 'log.requests': true })
    const base = `127.0.0.1:${origin.ports.wire}`
    await (await fetch(`http://${base}/status/418`)).text()
    const session = connectHttp2(`http://${base}`)
    t.after(() => session.destroy())
    const stream = session.request({ ':path': '/bin/36' })
    await once(stream.resume(), 'end')
    const socket = new WebSocket(`ws://${base}/ws/room`)
    t.after(() => socket.terminate())
    await once(socket, 'open')
    const lines = await untilLogged(origin, 3)
    assert.deepEqual(
      lines.map(({ listener, route, status }) => [listener, route, status]),
      [
        ['wire', '/status/{code}', 418],
        ['wire', '/bin/{size}', 200],
        ['wire', '/ws/{anything?}', 101],
      ],
    )
    for (const { source_addr: source } of lines) assert.match(String(source), /^127\.0\.0\.1:\d+$/)
  })
})

suite('what the wire listener refuses on the bare socket', () => {
  test('is logged once each, as it is counted', async (t) => {
    const origin = await startOrigin(t, { 'log.requests': true })
    const refused = [
      'CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n',
      'no request at all\r\n\r\n',
      'GET /ws HTTP/1.1\r\nHost: origin\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\n\r\n',
      // Its answer goes out after that of the request before it.
      'GET /status/204 HTTP/1.1\r\nHost: origin\r\n\r\n\0\0\0\0',
    ]
    for (const bytes of refused) {
      const socket = connect(origin.ports.wire, '127.0.0.1')
      socket.resume().write(bytes)
      await within('the end of a refused connection', once(socket, 'close'))
    }
    const lines = await untilLogged(origin, 5)
    const shown = lines.map(
      ({ method, route, status }) => `${String(method)} ${String(route)} ${String(status)}`,
    )
    assert.deepEqual(shown.toSorted(), [
      'CONNECT / 405',
      'GET /status/{code} 204',
      'GET /ws/{anything?} 400',
      '_OTHER / 400',
      '_OTHER / 400',
    ])
    for (const line of lines) assert.match(String(line['source_addr']), /^127\.0\.0\.1:\d+$/)
    const numbers = await scrape(origin)
    assert.equal(numbers.value('http_server_request_duration_seconds_count'), lines.length)
  })
})

suite('lines about the process', () => {
  test('memory and garbage collection at their interval, the whole at the end', async (t) => {
    const origin = await startOrigin(t, { 'memory.reportInterval': '1s' })
    const line = await within(
      'a line',
      origin.waitForLog(({ msg }) => msg === 'memory'),
    )
    assert.ok(Number(line['memory_rss_mb']) > 20)
    assert.ok(Number(line['memory_heap_limit_mb']) > Number(line['memory_heap_mb']))
    for (let sent = 0; sent < 5; sent++) await (await fetch(origin.url)).text()
    await (await fetch(`${origin.url}/status/500`)).text()
    origin.signal('SIGTERM')
    assert.equal(await origin.exited, 0)
    const last = origin.log.find(({ msg }) => msg === 'final statistics') ?? {}
    assert.deepEqual(
      ['total_requests', 'success_count', 'error_count'].map((name) => last[name]),
      [6, 5, 1],
    )
  })
})
