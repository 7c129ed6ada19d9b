import assert from 'node:assert/strict'
import { type TestContext, suite, test } from 'node:test'

import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { type Program, run, startProgram } from '../support/programs.ts'
import { startNginx } from '../support/reverse-proxies.ts'
import { scrape } from '../support/scrape.ts'
import { without } from '../support/tools.ts'
import { within } from '../support/wait.ts'

interface Stats extends Readonly<Record<string, number | string | boolean | null>> {
  readonly headroom_ratio: number
  readonly total_requests: number
}

async function readStats({ ports }: TestOrigin): Promise<Stats> {
  const answer = await fetch(`http://127.0.0.1:${ports.admin}/api/v1/stats`)
  assert.equal(answer.headers.get('access-control-allow-origin'), '*')
  return (await answer.json()) as Stats
}

/** The first pages of the stream, as they come. */
async function readStream({ ports }: TestOrigin, count: number): Promise<readonly Stats[]> {
  const stop = new AbortController()
  const answer = await fetch(`http://127.0.0.1:${ports.admin}/sse/metrics`, { signal: stop.signal })
  assert.equal(answer.headers.get('content-type'), 'text/event-stream')
  let text = ''
  const pages = (): readonly string[] =>
    [...text.matchAll(/^data: (.*)\n\n/gm)].map(([, it = '']) => it)
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (pages().length >= count) break
  }
  stop.abort()
  assert.match(text, /^retry: 3000\n\nid: 1\ndata: /)
  return pages().map((page) => JSON.parse(page) as Stats)
}

/** Busier than one worker can be; for some seconds, or until the test is over. */
function saturate(t: TestContext, { url }: TestOrigin): Program {
  return startProgram(t, { path: 'wrk', words: ['-t2', '-c64', '-d15s', `${url}/bin/1K`] })
}

suite('what the admin port shows about the traffic', () => {
  test('after N requests the counters say N, and so do the statistics', async (t) => {
    const origin = await startOrigin(t, { workers: 2 })
    const wanted = { '/bin/1K': 300, '/status/503': 40, '/nowhere': 60 }
    for (const [target, count] of Object.entries(wanted)) {
      for (let sent = 0; sent < count; sent += 20) {
        const asked = Array.from({ length: 20 }, () => fetch(origin.url + target))
        for (const answer of await Promise.all(asked)) await answer.arrayBuffer()
      }
    }
    const numbers = await scrape(origin)
    const name = 'http_server_request_duration_seconds_count'
    assert.equal(numbers.value(name), 400)
    assert.equal(numbers.value(name, { http_route: '/bin/{size}' }), 300)
    assert.equal(numbers.value(name, { http_response_status_code: '503' }), 40)
    assert.equal(numbers.value('http_server_response_body_size_bytes_count'), 400)
    assert.equal(numbers.value('http_server_response_body_size_bytes_bucket', { le: '256' }), 0)
    const [, page] = await readStream(origin, 2)
    assert.ok(page !== undefined)
    assert.deepEqual(
      [page.total_requests, page['completed_requests'], page['error_count'], page['success_count']],
      [400, 400, 40, 360],
    )
    assert.deepEqual([page['queue_depth'], page['workers'], page['draining']], [0, 2, false])
    const shown = (await (await fetch(`${origin.url}/api/v1/stats`)).json()) as Stats
    assert.deepEqual(Object.keys(shown), Object.keys(page))
    assert.equal(shown.total_requests, 400)
  })

  test(
    'promtool accepts the text; OpenMetrics is sent when requested',
    { skip: without('promtool') },
    async (t) => {
      const origin = await startOrigin(t)
      await fetch(origin.url)
      const url = `http://127.0.0.1:${origin.ports.admin}/metrics`
      const check = await run('sh', ['-c', 'curl -sf "$0" | promtool check metrics', url])
      assert.deepEqual([check.code, check.stderr, check.stdout.toString()], [0, '', ''])
      const open = await fetch(url, {
        headers: { accept: 'application/openmetrics-text; version=1.0.0' },
      })
      assert.match(open.headers.get('content-type') ?? '', /^application\/openmetrics-text/)
      assert.ok((await open.text()).endsWith('# EOF\n'))
      const json = await fetch(url, { headers: { accept: 'application/json' } })
      assert.equal(((await json.json()) as Stats)['server_type'], 'hpdummy')
    },
  )

  test(
    'scrapes are answered while every worker is saturated, and headroom says so',
    { skip: without('wrk') },
    async (t) => {
      const origin = await startOrigin(t, { workers: 1 })
      const [, idle = assert.fail()] = await readStream(origin, 2)
      const load = saturate(t, origin)
      // Of a second that was all load, and not of the one in which it began.
      const [, , busy = assert.fail()] = await readStream(origin, 3)
      const took: number[] = []
      for (let index = 0; index < 20; index++) {
        const startedAt = performance.now()
        await within('a scrape', scrape(origin), { ms: 5000 })
        took.push(performance.now() - startedAt)
      }
      await load.end()
      const median = took.toSorted((a, b) => a - b)[10] ?? 0
      t.diagnostic(
        `scrape: median ${median.toFixed(1)} ms, headroom ${idle.headroom_ratio} idle, ${busy.headroom_ratio} busy`,
      )
      // Where neighbours have the CPU, it is not the origin that is short of headroom.
      const isStarved = String(busy['headroom_note']).startsWith('machine busy elsewhere')
      assert.ok(isStarved || busy.headroom_ratio < idle.headroom_ratio - 0.3)
      const stats = await readStats(origin)
      assert.ok(Number(stats['memory_rss_mb']) > 20)
      assert.ok(Number(stats['num_gc']) > 0)
    },
  )

  // A proxy that gives each client 32 KiB/s, and clients that want all they can get.
  test(
    'headroom stays high behind a proxy that is the bottleneck',
    { skip: without('wrk') || without('nginx') },
    async (t) => {
      const origin = await startOrigin(t, { workers: 1 })
      const nginx = await startNginx(t, { origins: [origin.ports.http], lines: 'limit_rate 32k;' })
      const { port } = nginx
      const words = ['-t2', '-c32', '-d10s', '--timeout', '10s', `http://127.0.0.1:${port}/bin/64K`]
      const load = startProgram(t, { path: 'wrk', words })
      const pages = await readStream(origin, 5)
      await load.end()
      const ratios = pages.slice(2).map(({ headroom_ratio: ratio }) => ratio)
      const throughput = pages.map((page) => page['bytes_out_per_sec'])
      t.diagnostic(`headroom ${ratios.join(', ')}, ${throughput.join(', ')} bytes/s`)
      assert.ok(
        throughput.some((bytes) => Number(bytes) > 0),
        'the load did not arrive',
      )
      assert.ok(Math.min(...ratios) > 0.6, 'the origin has nothing to do')
      await nginx.end()
    },
  )
})
