// Pages of a live origin, as it is before anybody asks for anything.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { until } from '../support/wait.ts'
import { useBrowser, withoutBrowser } from './browser.ts'
import { cut, screens, widthOf } from './screens.ts'

suite('pages of a live origin', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  test('/, /faults and /api fit a phone', async (t) => {
    const { ports } = await startOrigin(t)
    for (const [path, shown] of [
      ['/', '#routes tr:nth-child(9)'],
      ['/faults', 'article h4'],
      ['/api', '.opblock-tag-section'],
    ] as const) {
      const at = `http://127.0.0.1:${ports.admin}${path}`
      const { page, complaints, picture } = await open(t, at, screens.phone)
      await page.locator(shown).first().waitFor()
      await picture(`phone-${path.slice(1) || 'index'}`)
      assert.equal(await widthOf(page), screens.phone.viewport.width, path)
      assert.deepEqual(await cut(page), [], path)
      assert.deepEqual(complaints, [], path)
    }
  })

  test('the dashboard of an idle origin: only latency is without a number', async (t) => {
    const { ports } = await startOrigin(t)
    for (const [screen, options] of Object.entries(screens)) {
      const at = `http://127.0.0.1:${ports.admin}/dashboard`
      const { page, complaints, connected, picture } = await open(t, at, options)
      await connected()
      // Where no cgroup limits the CPU there is no throttling to know.
      const unknown = `[...document.querySelectorAll('.card:not([hidden]) data, .chart .legend b')]
        .filter(({ textContent }) => textContent === '–')
        .map((one) => one.closest('.card, .chart').id).filter((id) => id !== 'chart-cpu').join()`
      // p99 on the card, p99 and p50 in the chart: nobody has asked for anything.
      await until('the numbers', () => page.evaluate<string>(unknown), {
        holds: (found) => found === 'card-latency,chart-latency,chart-latency',
      })
      assert.ok(await page.locator('#card-queue').isHidden())
      await picture(`${screen}-dashboard-idle`)
      assert.equal(await widthOf(page), options.viewport.width, screen)
      assert.deepEqual(complaints, [], screen)
    }
  })
})
