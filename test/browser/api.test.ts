import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/wait.ts'
import { useBrowser, withoutBrowser } from './browser.ts'

suite('the admin port for a person', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  test('/api lists the endpoints, says what the browser keeps back, and sends what it may', async (t) => {
    const port = await freePort()
    const page = `http://127.0.0.1:${port}`
    const origin = await startOrigin(t, { 'admin.port': port, 'cors.origin': page })
    const opened = await open(t, `${page}/api#/payload/bin-get`)
    const operation = opened.page.locator('#operations-payload-bin-get')
    await operation.getByRole('textbox').first().fill('7')
    await operation.getByRole('button', { name: 'Execute' }).click()
    const answer = operation.locator('.live-responses-table')
    await until('the answer', async () => (await answer.count()) === 1)
    assert.match((await answer.textContent()) ?? '', /200/)
    assert.ok(await opened.page.locator('#cors').isHidden())
    assert.match((await operation.textContent()) ?? '', new RegExp(`${origin.ports.http}/bin/7`))
    await opened.picture('api')
    assert.deepEqual(opened.complaints, [])
  })

  test('/api says which setting lets it send; / lists every path of the port', async (t) => {
    const { ports } = await startOrigin(t)
    const at = `http://127.0.0.1:${ports.admin}`
    const opened = await open(t, `${at}/api`, { colorScheme: 'dark' })
    const notice = opened.page.locator('#cors')
    await notice.waitFor()
    assert.match((await notice.textContent()) ?? '', new RegExp(`--cors-origin=${at}`))
    await opened.picture('dark-api')
    await opened.page.goto(`${at}/`)
    const links = opened.page.locator('#routes a')
    await until('the links', async () => (await links.allTextContents()).includes('/dashboard'))
    const text = await (await fetch(`${at}/`)).text()
    const listed = [...text.matchAll(/^GET +([^\s{]+) /gm)].map(([, path]) => path)
    assert.deepEqual(new Set(await links.allTextContents()), new Set(listed))
    await opened.picture('index')
    assert.deepEqual(opened.complaints, [])
  })
})
