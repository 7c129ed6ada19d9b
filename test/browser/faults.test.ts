import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { suite, test } from 'node:test'

import { faults } from '../../app/traffic/faults/table.ts'
import { startOrigin } from '../support/origin.ts'
import { until } from '../support/wait.ts'
import { useBrowser, withoutBrowser } from './browser.ts'

suite('the page for fault texts', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  test('a text is built by clicking, and its curl line does what it says', async (t) => {
    const origin = await startOrigin(t)
    const opened = await open(t, `http://127.0.0.1:${origin.ports.admin}/faults`)
    const { page } = opened
    const text = page.getByRole('textbox', { name: 'Fault text' })
    const button = async (name: string): Promise<void> =>
      page.getByRole('button', { name, exact: true }).click()
    const isNow = async (wanted: string): Promise<void> => {
      await until(wanted, async () => (await text.inputValue()) === wanted)
    }
    await until('all faults', async () => {
      return (await page.locator('article h4').count()) === faults.length
    })
    await button('status=503')
    await isNow('status=503')
    await button('header=X-Foo:Bar')
    await isNow('status=503; header=X-Foo:"Bar"')
    await page.locator('#parts li').first().getByRole('button', { name: 'first 2' }).click()
    await isNow('status=503:first2; header=X-Foo:"Bar"')
    // The newest of a name counts, as in any text.
    await button('status=503')
    await isNow('header=X-Foo:"Bar"; status=503')
    for (const line of ['header', 'query']) {
      const command = (await page.locator(`#${line}-line`).textContent()) ?? ''
      assert.match(command, /^curl -i /)
      // A shell reads it as a person's would.
      const answer = execFileSync('sh', ['-c', `${command} -s`], { encoding: 'utf8' })
      assert.match(answer, /^HTTP\/1.1 503 /, command)
      assert.match(answer, /^X-Foo: Bar\r$/m, command)
    }
    await page.getByRole('button', { name: 'Remove header=X-Foo:"Bar"' }).click()
    await isNow('status=503')
    assert.deepEqual(opened.complaints, [])
  })

  test('a mistake has a caret, and who cannot carry a text out is told', async (t) => {
    const origin = await startOrigin(t)
    const opened = await open(t, `http://127.0.0.1:${origin.ports.admin}/faults?text=fault=goaway`)
    const { page } = opened
    const cannot = page.locator('#cannot')
    await until('the fast listener cannot', async () =>
      ((await cannot.textContent()) ?? '').startsWith('The fast listener cannot do goaway'),
    )
    await page.getByLabel('to', { exact: true }).selectOption({ index: 2 })
    assert.equal(await cannot.textContent(), '')
    assert.match(
      (await page.locator('#header-line').textContent()) ?? '',
      /--http2-prior-knowledge/,
    )
    await page.getByLabel('to', { exact: true }).selectOption({ index: 3 })
    assert.match((await cannot.textContent()) ?? '', /WebSocket cannot do goaway/)
    await page.getByRole('textbox', { name: 'Fault text' }).fill('fault=frame=opcode')
    await until('a handshake that suffers', async () =>
      /Upgrade: websocket.*X-HP: fault=frame=opcode.*\/ws\/push/.test(
        (await page.locator('#header-line').textContent()) ?? '',
      ),
    )
    await opened.picture('faults')
    const text = page.getByRole('textbox', { name: 'Fault text' })
    await text.fill('delay=10mx')
    await until('the problem', async () => {
      const problem = (await page.locator('#problem').textContent()) ?? ''
      return problem.startsWith('delay=10mx\n         ^ use one of the units')
    })
    assert.equal(await text.inputValue(), 'delay=10mx', 'what is written stays')
    assert.deepEqual(opened.complaints, [])
  })
})
