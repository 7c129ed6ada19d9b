// For eyes, keyboards and phones.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import type { Page } from 'playwright-core'

import { until } from '../support/wait.ts'
import { type OpenPage, useBrowser, withoutBrowser } from './browser.ts'
import { contrasts } from './picture.ts'
import { openScripted } from './scripted-dashboard.ts'
import { type ScriptedOrigin, startScripted, workerStats } from './scripted-origin.ts'

const paths = ['/dashboard', '/compare?targets=', '/compare3?targets='] as const

function nameOf(path: string): string {
  return path.replaceAll(/\W|targets/g, '')
}

/** A busy origin with sixteen workers, and numbers as long as they get. */
const busy = {
  workers: 16,
  requests_per_sec: 161_878.4,
  p99_latency_us: 12_345.6,
  p50_latency_us: 1234.5,
  avg_latency_us: 1450,
  bytes_out_per_sec: 3.27e9,
  bytes_in_per_sec: 12.3e6,
  active_connections: 10_000,
  active_requests: 9_876,
  total_requests: 987_654_321,
  completed_requests: 987_644_445,
  success_count: 987_644_000,
  error_count: 445,
  job_count: 123_456_789,
  queue_depth: 9_999,
  rejected_per_sec: 1234.5,
  worker_count: 16,
  error_rate_percent: 0.001,
  cpu_usage_percent: 1520,
  cpu_quota: 16,
  throttled_percent: 12.5,
  headroom_ratio: 0.05,
  memory_rss_mb: 1900,
  memory_heap_mb: 900,
  uptime_seconds: 183_000,
  workers_detail: Array.from({ length: 16 }, (_, seat) => workerStats(seat, (seat + 1) / 16)),
}

async function showBusy(origin: ScriptedOrigin, { page }: OpenPage): Promise<void> {
  await until('a stream', () => origin.streams() > 0)
  origin.tell(busy)
  await until('the numbers', async () =>
    ((await page.locator('main').textContent()) ?? '').includes('161,878'),
  )
}

/** What has the focus, by its words. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(`(() => {
    const { activeElement: at } = document
    const hasRing = getComputedStyle(at).outlineStyle !== 'none'
    return at.textContent.trim().replace(/\\s+/g, ' ') + (hasRing ? '' : ' without a ring')
  })()`)
}

suite('reading', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  for (const path of paths) {
    for (const width of [390, 320]) {
      test(`${path} fits a screen of ${width} px`, async (t) => {
        const origin = await startScripted(t)
        const opened = await open(t, origin.url + path, { viewport: { width, height: 844 } })
        await showBusy(origin, opened)
        const wide = await opened.page.evaluate('document.documentElement.scrollWidth')
        assert.equal(wide, width)
        const cut = await opened.page.evaluate(
          `[...document.querySelectorAll('.card, .question, .chart')]
            .filter((one) => one.scrollWidth > one.clientWidth + 1).map(({ id }) => id)`,
        )
        assert.deepEqual(cut, [])
        if (width === 390) await opened.picture(`phone-${nameOf(path)}`)
      })
    }
    test(`${path} in the dark`, async (t) => {
      const origin = await startScripted(t)
      const opened = await open(t, origin.url + path, { colorScheme: 'dark' })
      await showBusy(origin, opened)
      await opened.picture(`dark-${nameOf(path)}`)
      assert.deepEqual(opened.complaints, [])
    })
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`contrast is enough: ${colorScheme}`, async (t) => {
      const origin = await startScripted(t)
      const { page } = await open(t, `${origin.url}/dashboard`, { colorScheme })
      const inks = ['--ink', '--muted', '--good', '--warn', '--bad']
      const texts = inks.flatMap((ink) => [[ink, '--card'] as const, [ink, '--ground'] as const])
      for (const [index, ratio] of (await contrasts(page, texts)).entries()) {
        assert.ok(ratio >= 4.5, `${texts[index]?.join(' on ')}: ${ratio}`)
      }
      const shapes = ['--line-1', '--line-2', '--line-3', '--heat', '--heat-full', '--accent']
      const drawn = shapes.map((shape) => [shape, '--card'] as const)
      for (const [index, ratio] of (await contrasts(page, drawn)).entries()) {
        assert.ok(ratio >= 3, `${drawn[index]?.join(' on ')}: ${ratio}`)
      }
    })
  }

  test('t changes the theme, the browser remembers it, and a field keeps its letters', async (t) => {
    const origin = await startScripted(t)
    const { page } = await open(t, `${origin.url}/compare`)
    const ground = async (): Promise<unknown> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = await ground()
    await page.keyboard.press('t')
    const dark = await ground()
    assert.notEqual(dark, light)
    await page.reload()
    assert.equal(await ground(), dark)
    const field = page.getByRole('textbox', { name: 'A', exact: true })
    await field.press('t')
    assert.equal(await field.inputValue(), 't')
    assert.equal(await ground(), dark)
    await page.getByRole('button', { name: 'Theme' }).click()
    assert.equal(await ground(), light)
  })

  test('space stops the picture and lets it go on, and the feed goes on meanwhile', async (t) => {
    const { page, show, origin, value, passUntil } = await openScripted(t, open)
    await show({ uptime_seconds: 1 })
    await page.keyboard.press(' ')
    const pause = page.getByRole('button', { name: 'Pause' })
    assert.equal(await pause.getAttribute('aria-pressed'), 'true')
    assert.match((await page.locator('#paused').textContent()) ?? '', /^Paused at \d\d:\d\d:\d\d$/)
    origin.tell({ uptime_seconds: 2, draining: true })
    // The phase is drawn even then, so that it tells when the event has come.
    await passUntil('the event', async () => {
      return (await page.locator('.phase').textContent()) === 'draining'
    })
    assert.equal(await value('uptime'), 1)
    await page.keyboard.press(' ')
    await passUntil('the newest number', async () => (await value('uptime')) === 2)
    assert.equal(await pause.getAttribute('aria-pressed'), 'false')
    // On a focused button, space is the button's alone.
    await pause.focus()
    await page.keyboard.press(' ')
    assert.equal(await pause.getAttribute('aria-pressed'), 'true')
  })

  test('Tab goes through what can be used, in the order it is seen, with a ring', async (t) => {
    const origin = await startScripted(t)
    const { page } = await open(t, `${origin.url}/dashboard`)
    const order: string[] = []
    for (let stop = 0; stop < 11; stop++) {
      await page.keyboard.press('Tab')
      order.push(await focused(page))
    }
    const [pages, buttons] = [
      ['hpdummy', 'Dashboard', 'Compare', 'Faults', 'API'],
      ['Pause space', 'Theme t'],
    ]
    assert.deepEqual(order, [...pages, ...buttons, 'stats', 'metrics', 'settings', 'OpenAPI'])
  })

  test('a reader hears landmarks, names, and not every second of a wait', async (t) => {
    const { page, origin, show, passUntil, connection } = await openScripted(t, open)
    await show({ uptime_seconds: 1 })
    for (const role of ['banner', 'main', 'contentinfo'] as const) {
      assert.equal(await page.getByRole(role).count(), 1, role)
    }
    const names = await page.getByRole('figure').allTextContents()
    assert.equal(names.length, 10)
    assert.equal(await page.getByRole('table').count(), 5)
    const spoken = page.getByRole('status')
    assert.deepEqual(await spoken.allTextContents(), ['connected', ''])
    origin.refuse(true)
    await passUntil('the loss', async () => (await connection()).includes('in 2 s'))
    assert.deepEqual(await spoken.allTextContents(), ['cannot be reached; reconnecting', ''])
  })
})
