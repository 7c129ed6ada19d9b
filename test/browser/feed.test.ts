import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { until } from '../support/wait.ts'
import { useBrowser, withoutBrowser } from './browser.ts'
import { lineColumns, partsOf } from './picture.ts'
import { openScripted } from './scripted-dashboard.ts'

suite('the feed', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  test('an origin that ends its stream is asked again after 3 s, and the line has a gap', async (t) => {
    const { page, origin, run, connection, passUntil } = await openScripted(t, open)
    await run(100, 8)
    assert.equal(partsOf(await lineColumns(page, 'requests')), 1)
    origin.refuse(true)
    for (const seconds of [3, 2, 1]) {
      const words = `cannot be reached; reconnecting in ${seconds} s`
      await passUntil(words, async () => (await connection()) === words)
    }
    assert.ok(await page.locator('body.is-stale').isVisible(), 'old numbers look old')
    assert.equal(await page.locator('#chart-requests .legend b').textContent(), '–')
    origin.refuse(false)
    assert.equal(origin.streams(), 1, 'not before its time')
    await page.clock.runFor(1100)
    await until('the page has come back', () => origin.streams() === 2)
    await run(200, 8)
    assert.match(await connection(), /^connected/)
    assert.equal(await page.locator('body.is-stale').count(), 0)
    assert.equal(partsOf(await lineColumns(page, 'requests')), 2)
  })

  test('a refusal is no end: it is asked for as long as the page is open', async (t) => {
    const { page, origin, connection, passUntil } = await openScripted(t, open)
    origin.refuse(true)
    for (let attempt = 0; attempt < 3; attempt++) {
      await passUntil('the loss is shown', async () => (await connection()).startsWith('cannot'))
      await page.clock.runFor(3100)
    }
    origin.refuse(false)
    await passUntil('the page has come back', () => origin.streams() === 2)
  })

  test('a connection that says nothing for 6 s is given up', async (t) => {
    const { page, origin, show, connection } = await openScripted(t, open)
    await show({ uptime_seconds: 1 })
    await page.clock.runFor(5500)
    assert.match(await connection(), /^connected/)
    await page.clock.runFor(600)
    assert.match(await connection(), /^says nothing; reconnecting/)
    await page.clock.runFor(3100)
    await until('the page has come back', () => origin.streams() === 2)
  })

  test('a pause of the origin is a gap, a second that comes late is none', async (t) => {
    const { page, origin, run } = await openScripted(t, open)
    await run(100, 5)
    await page.clock.runFor(1000)
    await run(200, 5)
    assert.equal(partsOf(await lineColumns(page, 'requests')), 1)
    await page.clock.runFor(3000)
    await run(300, 5)
    assert.equal(partsOf(await lineColumns(page, 'requests')), 2)
    assert.equal(origin.streams(), 1)
  })

  test('the last five minutes are shown, and what the origin remembers of them', async (t) => {
    const { page, origin, run } = await openScripted(t, open)
    await run(300, 10)
    const early = await lineColumns(page, 'requests')
    assert.ok(early.filter(Boolean).length < early.length / 3)
    const now = Date.now()
    origin.tellText(
      JSON.stringify({
        now,
        names: ['uptime_seconds', 'requests_per_sec'],
        worker_names: [],
        points: Array.from({ length: 299 }, (_, second) => ({
          at: now - (299 - second) * 1000,
          values: [second, 1000],
          workers: [],
        })),
      }),
      'history',
    )
    await run(400, 3)
    const full = await lineColumns(page, 'requests')
    assert.equal(partsOf(full), 1)
    // The rest is the axis.
    assert.ok(full.filter(Boolean).length > full.length * 0.75)
  })
})
