import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { useBrowser, withoutBrowser } from './browser.ts'
import { openScripted } from './scripted-dashboard.ts'
import { workerStats } from './scripted-origin.ts'

suite('figures', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  test('what is not known is a dash, what is no number is not believed', async (t) => {
    const { page, show, value, complaints } = await openScripted(t, open)
    await show({
      uptime_seconds: 5,
      requests_per_sec: null,
      active_requests: 'many',
      memory_rss_mb: { much: true },
      cpu_quota: 0,
      headroom_ratio: null,
      workers_detail: 'none',
    })
    for (const figure of ['requests', 'active-requests', 'memory', 'cpu', 'latency']) {
      assert.equal(await value(figure), undefined, figure)
      assert.equal(await page.locator(`#card-${figure} data`).textContent(), '–')
    }
    assert.match((await page.locator('#verdict').textContent()) ?? '', /^Not known/)
    assert.equal(await page.locator('.workers tbody tr').count(), 0)
    assert.deepEqual(complaints, [])
  })

  test('what an origin says is text, whatever it looks like', async (t) => {
    const { page, origin, show, connection, passUntil, complaints } = await openScripted(t, open)
    const version = '<img src=x onerror=alert(1)><b>1</b>'
    await show({ uptime_seconds: 5, version, server_type: '<i>x</i>' })
    const detail = page.locator('#card-uptime .detail')
    assert.equal(await detail.textContent(), `<i>x</i> ${version}, workers 2`)
    assert.equal(await detail.locator('*').count(), 0)
    origin.tellText('<html>')
    await passUntil('it is no feed', async () =>
      (await connection()).startsWith('answers, but not with numbers'),
    )
    assert.deepEqual(complaints, [])
  })

  for (const [name, stats, answer, reason] of [
    ['idle', { headroom_ratio: 0.83 }, 'No: 83', /worker 1, 17.% busy/],
    [
      'tight',
      { headroom_ratio: 0.2, cpu_usage_percent: 160 },
      'Nearly: 20',
      /CPU, 80.% of 2 cores/,
    ],
    ['full', { headroom_ratio: 0.04, throttled_percent: 96 }, 'Yes: 4', /quota, used up in 96.%/],
  ] as const) {
    test(`the question is answered: ${name}`, async (t) => {
      const { page, show } = await openScripted(t, open)
      const workers_detail = [workerStats(0, 0.02), workerStats(1, 0.17)]
      await show({ uptime_seconds: 5, workers_detail, ...stats })
      const text = (await page.locator('#verdict').textContent()) ?? ''
      assert.ok(text.startsWith(answer), text)
      assert.match(text, reason)
    })
  }

  test('the phase is said, and a drain stands out', async (t) => {
    const { page, show } = await openScripted(t, open)
    await show({ uptime_seconds: 5 })
    assert.equal(await page.locator('.phase').textContent(), 'serving')
    await show({ uptime_seconds: 6, draining: true })
    assert.equal(await page.locator('.phase').textContent(), 'draining')
    await show({ uptime_seconds: 7, draining: true, phase: 'finishing' })
    assert.equal(await page.locator('.phase.is-draining').textContent(), 'draining: finishing')
  })
})
