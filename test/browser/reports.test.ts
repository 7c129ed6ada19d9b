// The HTML files of `hpdummy load` and `hpdummy verify`, as their readers open them.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'

import { startBadProxy } from '../support/bad-proxy/bad-proxy.ts'
import { createDirectory } from '../support/directory.ts'
import { startOrigin } from '../support/origin.ts'
import { runHpdummy } from '../support/programs.ts'
import { useBrowser, withoutBrowser } from './browser.ts'
import { screens, widthOf } from './screens.ts'

suite('reports as HTML', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  /** Opens the file on each screen; nothing is wider than the screen, and nothing is complained of. */
  async function read(t: TestContext, file: string, name: string): Promise<string> {
    let text = ''
    for (const [screen, options] of Object.entries(screens)) {
      const { page, complaints, picture } = await open(t, pathToFileURL(file).href, options)
      await picture(`${screen}-${name}`)
      assert.equal(await widthOf(page), options.viewport.width, screen)
      assert.deepEqual(complaints, [], screen)
      text = (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ')
    }
    return text
  }

  test('of a load: figures, charts and who was the bottleneck', async (t) => {
    const origin = await startOrigin(t)
    const admin = `http://127.0.0.1:${origin.ports.admin}`
    const file = join(createDirectory(t), 'load.html')
    const { code, stderr } = await runHpdummy([
      'load',
      `${origin.url}/status/200:0.95,503:0.05`,
      '--rate=200',
      '--duration=4s',
      '--fail=p99>10s',
      `--origin=${admin}`,
      `--ledger=${admin}`,
      `--html=${file}`,
    ])
    assert.equal(code, 0, stderr)
    const text = await read(t, file, 'load-report')
    for (const part of [
      /Load of http:\/\/127\.0\.0\.1:\d+\/status/,
      /Answered 800 of 800 sent/,
      /Requests a second/,
      /Latency by percentile/,
      /arrived 800/,
      /headroom/i,
      /p99>10s/,
    ]) {
      assert.match(text, part)
    }
  })

  test('of a verification: what a bad proxy did, the worst first', async (t) => {
    const origin = await startOrigin(t)
    const proxy = await startBadProxy(t, origin.ports.wire)
    proxy.be('decodes-paths')
    const file = join(createDirectory(t), 'card.html')
    const { code, stderr } = await runHpdummy([
      'verify',
      proxy.url,
      '--checks=H1,H2,H5,H6,H7,H8,H9,F1,F5,B1,R1',
      `--html=${file}`,
      `--origin=http://127.0.0.1:${origin.ports.admin}`,
    ])
    assert.equal(code, 1, stderr)
    const text = await read(t, file, 'verify-card')
    assert.match(text, /What did the proxy do\?/)
    assert.match(text, /Failed: H8/)
  })
})
