import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { startLoad } from '../support/steady-load.ts'
import { pause, until } from '../support/wait.ts'
import { type OpenPage, useBrowser, withoutBrowser } from './browser.ts'
import { lineColumns, lineHeight } from './picture.ts'

function dashboardOf({ ports }: TestOrigin): string {
  return `http://127.0.0.1:${ports.admin}/dashboard`
}

async function statsOf({ ports }: TestOrigin): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(`http://127.0.0.1:${ports.admin}/api/v1/stats`)
  return (await answer.json()) as Readonly<Record<string, unknown>>
}

// What a card shows beside the name the feed has for it.
const names = {
  requests: 'requests_per_sec',
  latency: 'p99_latency_us',
  'active-requests': 'active_requests',
  'active-connections': 'active_connections',
  throughput: 'bytes_out_per_sec',
  memory: 'memory_rss_mb',
  total: 'total_requests',
  errors: 'real_error_count',
  queue: 'queue_depth',
  'loop-delay': 'event_loop_delay_p99_ms',
  'gc-runs': 'num_gc',
  uptime: 'uptime_seconds',
} as const

/** All cards in one look, so that they are of one event. */
async function cardsOf({ page }: OpenPage): Promise<Readonly<Record<string, number>>> {
  return page.evaluate(`Object.fromEntries([...document.querySelectorAll('.cards data')].map(
    (data) => [data.closest('.card').id.slice(5), data.value === '' ? NaN : Number(data.value)]))`)
}

suite('the dashboard beside a live origin', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  test('under load cards and charts move, and the cards say what /api/v1/stats says', async (t) => {
    const origin = await startOrigin(t, { workers: 2 })
    const opened = await open(t, dashboardOf(origin))
    await opened.connected()
    await until('an idle card', async () => (await opened.value('requests')) === 0)
    const load = await startLoad(t, origin)
    await until('requests are counted', async () => ((await opened.value('requests')) ?? 0) > 100)
    assert.equal(await opened.value('active-connections'), 12)
    const stats = { page: await statsOf(origin), cards: await cardsOf(opened) }
    // The one by which both are of the same second.
    await until('the same second on both', async () => {
      stats.page = await statsOf(origin)
      stats.cards = await cardsOf(opened)
      return stats.page['uptime_seconds'] === stats.cards['uptime']
    })
    for (const [card, name] of Object.entries(names)) {
      assert.equal(stats.cards[card], stats.page[name], name)
    }
    const before = await lineColumns(opened.page, 'requests')
    const seconds = await opened.value('uptime')
    await until('four more seconds', async () => {
      return ((await opened.value('uptime')) ?? 0) > (seconds ?? 0) + 4
    })
    assert.notDeepEqual(await lineColumns(opened.page, 'requests'), before)
    for (const chart of ['latency', 'active', 'throughput', 'cpu', 'headroom', 'memory']) {
      const columns = await lineColumns(opened.page, chart)
      assert.ok(columns.filter(Boolean).length > 2, `${chart} has a line`)
    }
    await opened.picture('dashboard-load')
    await load.end()
    load.assertNoneLost()
    assert.deepEqual(opened.complaints, [])
  })

  test('it comes back to an origin that was started again, without a reload', async (t) => {
    const first = await startOrigin(t)
    const opened = await open(t, dashboardOf(first))
    await opened.connected()
    await until('a number', async () => (await opened.value('uptime')) !== undefined)
    first.signal('SIGTERM')
    assert.equal(await first.exited, 0)
    await opened.page.locator('.connection[data-kind="lost"]').waitFor()
    assert.match(
      (await opened.page.locator('#connection').textContent()) ?? '',
      /^cannot be reached; reconnecting in [0-3] s$/,
    )
    await opened.picture('dashboard-lost')
    const second = await startOrigin(t, { 'admin.port': first.ports.admin })
    await opened.connected()
    await until('the numbers are those of the new one', async () => {
      const uptime = await opened.value('uptime')
      return uptime !== undefined && uptime === (await statsOf(second))['uptime_seconds']
    })
    // The browser itself says so of a port nobody listens on; nothing else is wrong.
    const others = opened.complaints.filter((text) => !/net::ERR_/.test(text))
    assert.deepEqual(others, [])
  })

  test('eight workers are eight rows that can be told apart', async (t) => {
    const origin = await startOrigin(t, { workers: 8 })
    const opened = await open(t, dashboardOf(origin))
    await opened.connected()
    const load = await startLoad(t, origin, { connections: 64, thinkMs: 10 })
    const rows = opened.page.locator('.workers tbody tr')
    await until('eight rows', async () => (await rows.count()) === 8)
    await until('some seconds of load', async () => {
      const columns = await lineColumns(opened.page, 'headroom')
      return columns.filter(Boolean).length > 10
    })
    assert.deepEqual(
      await opened.page.locator('.workers tbody th').allTextContents(),
      Array.from({ length: 8 }, (_, seat) => String(seat)),
    )
    for (const row of await rows.all()) {
      const box = await row.boundingBox()
      assert.ok(box !== null && box.height >= 18 && box.height <= 32)
      assert.match((await row.locator('td').nth(1).textContent()) ?? '', /^\d+\u202F%$/)
    }
    await opened.picture('dashboard-8-workers')
    await load.end()
    assert.deepEqual(opened.complaints, [])
  })
})

suite('the dashboard of what was before', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  test('charts begin with what was before the page, and errors are told apart', async (t) => {
    const origin = await startOrigin(t)
    for (const target of ['/status/503', '/bin/1K?hp-status=503', '/bin/many', '/bin/1K']) {
      await (await fetch(origin.url + target)).arrayBuffer()
    }
    await until('the errors are counted, and five seconds are over', async () => {
      const { completed_requests, uptime_seconds } = await statsOf(origin)
      return completed_requests === 4 && Number(uptime_seconds) > 5
    })
    const opened = await open(t, dashboardOf(origin))
    await opened.connected()
    const points = await opened.page.evaluate<number>(`new Promise((resolve) => {
      const source = new EventSource('sse/metrics?detail=true')
      source.addEventListener('history', ({ data }) => {
        source.close()
        resolve(JSON.parse(data).points.length)
      })
    })`)
    assert.ok(points >= 3, `${points} seconds are remembered`)
    await until('the statuses', async () => (await opened.value('errors')) === 1)
    assert.match(
      (await opened.page.locator('#card-errors').textContent()) ?? '',
      /injected 1, asked for 1, rejected 0/,
    )
    const rows = await opened.page.locator('#statuses tbody th').allTextContents()
    assert.deepEqual(rows, ['200', '400', '503 asked for', '503 injected'])
    for (let attempt = 0; attempt < 2; attempt++) {
      await fetch(`${origin.url}/bin/1K?hp-status=503`, { headers: { 'X-HP-Id': 'a/1' } })
    }
    const links = opened.page.locator('#exchanges a')
    await until('both attempts', async () => (await links.count()) === 2)
    const answer = await opened.page.request.get(
      new URL((await links.first().getAttribute('href')) ?? '', opened.page.url()).href,
    )
    assert.equal(((await answer.json()) as { attempts: unknown[] }).attempts.length, 2)
    assert.match(
      (await opened.page.locator('#exchanges tbody tr').first().textContent()) ?? '',
      /a\/1 attempt 2.*GET.*hp-status=503.*503 status/,
    )
    assert.deepEqual(await opened.page.locator('#statuses .is-bad th').allTextContents(), ['400'])
    assert.deepEqual(opened.complaints, [])
  })
})

suite('work on the dashboard', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  test('work that waits and work that is refused are on the cards and in the chart', async (t) => {
    const origin = await startOrigin(t, { 'pool.workers': 1, 'pool.queue': 4 })
    const opened = await open(t, dashboardOf(origin))
    const { page } = opened
    await opened.connected()
    const card = page.locator('#card-queue')
    const [waiting, rejected] = [() => heightOf('--line-1'), () => heightOf('--line-4')] as const
    const heightOf = (colour: string): Promise<number> => lineHeight(page, 'work', colour)
    const now = async (): Promise<readonly string[]> =>
      page.locator('#chart-work .legend b').allTextContents()
    await until('nothing waits', async () => (await now()).join() === '0,0')
    assert.ok(await card.isHidden(), 'nobody has asked for work')

    const leave = new AbortController()
    t.after(() => leave.abort())
    const ask = async (): Promise<unknown> =>
      fetch(`${origin.url}/work/1h`, { signal: leave.signal }).catch(() => {})
    for (let job = 0; job < 5; job++) void ask()
    await until('four wait', async () => (await opened.value('queue')) === 4)
    assert.match((await card.textContent()) ?? '', /of 5 so far, threads of the pool: 1/)
    await until('both lines have risen', async () => {
      // Few enough refusals that the line of the four is not flat beside theirs.
      await Promise.all([ask(), pause(150)])
      return (await waiting()) > 0.1 && (await rejected()) > 0.1
    })
    assert.equal((await now())[0], '4')
    const errors = page.locator('#card-errors')
    await until('the card tells of them', async () =>
      /rejected [1-9]/.test((await errors.textContent()) ?? ''),
    )
    await opened.picture('dashboard-work')

    leave.abort()
    await until('nothing waits, nothing is refused', async () => (await now()).join() === '0,0')
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.reload()
    await opened.connected()
    await until('the origin remembers', async () => (await waiting()) > 0.1)
    assert.ok((await rejected()) > 0.1)
    assert.ok(await card.isVisible())
    await opened.picture('dark-dashboard-work')
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize({ width: 390, height: 844 })
    await until('it fits', async () => {
      return (await page.evaluate('document.documentElement.scrollWidth')) === 390
    })
    await opened.picture('phone-dashboard-work')
    assert.deepEqual(opened.complaints, [])
  })
})
