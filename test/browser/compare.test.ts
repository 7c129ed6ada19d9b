import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import type { Locator, Page } from 'playwright-core'

import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { freePort } from '../support/ports.ts'
import { startLoad } from '../support/steady-load.ts'
import { until } from '../support/wait.ts'
import { type OpenPage, useBrowser, withoutBrowser } from './browser.ts'
import { lineColumns } from './picture.ts'
import { startScripted } from './scripted-origin.ts'

function adminOf({ ports }: TestOrigin): string {
  return `http://127.0.0.1:${ports.admin}`
}

/** A figure of each target, by its exact value. */
async function rowOf({ page }: OpenPage, figure: string): Promise<readonly string[]> {
  return page.evaluate(
    `[...document.querySelectorAll('#row-${figure} data')].map(({ value }) => value)`,
  )
}

async function headsOf({ page }: OpenPage): Promise<readonly string[]> {
  return page.locator('.comparison thead th').allTextContents()
}

/** The field of a target. */
function field(page: Page, name: string): Locator {
  return page.getByRole('textbox', { name, exact: true })
}

suite('compare', { skip: withoutBrowser }, () => {
  const open = useBrowser()

  test('two live origins beside each other, one of them under load', async (t) => {
    const [a, b] = [await startOrigin(t), await startOrigin(t)]
    const load = await startLoad(t, b)
    const opened = await open(t, `${adminOf(a)}/compare?targets=${adminOf(a)},${adminOf(b)}`)
    await until('both are told of', async () => {
      const [first, second] = await rowOf(opened, 'requests')
      return first === '0' && Number(second) > 100
    })
    assert.deepEqual(await rowOf(opened, 'active-connections'), ['0', '12'])
    const heads = await headsOf(opened)
    for (const [index, origin] of [a, b].entries()) {
      assert.match(heads[index] ?? '', new RegExp(`127.0.0.1:${origin.ports.admin}connected`))
      assert.match(heads[index] ?? '', /(?:No|Nearly|Yes): \d+\u202F% headroom/)
    }
    await until('a line of each', async () => {
      const lines = [
        lineColumns(opened.page, 'memory'),
        lineColumns(opened.page, 'memory', '--line-2'),
      ]
      return (await Promise.all(lines)).every((columns) => columns.filter(Boolean).length > 10)
    })
    await opened.picture('compare')
    await load.end()
    assert.deepEqual(opened.complaints, [])
  })

  test('a target that is not there says so and is asked again; the others go on', async (t) => {
    const [a, b] = [await startOrigin(t), await startOrigin(t)]
    const port = await freePort()
    const dead = `http://127.0.0.1:${port}`
    const targets = [adminOf(a), adminOf(b), dead].join(',')
    const opened = await open(t, `${adminOf(a)}/compare3?targets=${targets}`)
    await until('two are told of, and the third is missed', async () => {
      const [first, second, third] = await rowOf(opened, 'uptime')
      const [, , head = ''] = await headsOf(opened)
      const isMissed = /cannot be reached; reconnecting in \d s/.test(head)
      return Number(first) > 0 && Number(second) > 0 && third === '' && isMissed
    })
    await opened.picture('compare3-one-dead')
    const c = await startOrigin(t, { 'admin.port': port })
    await until('the third has come', async () => {
      const [, , third] = await rowOf(opened, 'uptime')
      return Number(third) > 0
    })
    assert.equal(c.ports.admin, port)
    const others = opened.complaints.filter((text) => !text.includes('net::ERR_'))
    assert.deepEqual(others, [])
  })

  test('without targets it is a form, which asks nobody', async (t) => {
    const [origin, other] = [await startScripted(t), await startScripted(t)]
    const opened = await open(t, `${origin.url}/compare3`)
    const { page } = opened
    assert.equal(await page.locator('#figures').isVisible(), false)
    const compare = page.getByRole('button', { name: 'Compare', exact: true })
    await compare.click()
    assert.equal(
      await page.locator('#problem-B').textContent(),
      'Name another origin, such as http://host:9000',
    )
    await opened.picture('compare3-form')
    assert.equal(origin.streams(), 0)
    await field(page, 'C').fill(other.url)
    await compare.click()
    await until('each is asked, by one connection', () => {
      return origin.streams() === 1 && other.streams() === 1
    })
    assert.ok(await page.locator('#figures').isVisible())
    assert.deepEqual(opened.complaints, [])
  })

  test('fields change the link, and a link brings its targets', async (t) => {
    const [here, there] = [await startScripted(t), await startScripted(t)]
    const opened = await open(t, `${here.url}/compare`)
    const { page } = opened
    await field(page, 'B').fill(`${there.url}/`)
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.waitForURL(`${here.url}/compare?targets=,${there.url}/`)
    await until('both are asked', () => here.streams() === 1 && there.streams() === 1)
    there.tell({ requests_per_sec: 250, version: '<img src=x onerror=alert(1)>' })
    here.tell({ requests_per_sec: 1000 })
    await until('B is a quarter of A', async () => {
      return (await page.locator('#row-requests .ratio').allTextContents()).includes('× 0.25')
    })
    assert.equal(await page.locator('main img').count(), 0)
    assert.equal(await field(page, 'B').inputValue(), `${there.url}/`)
    assert.deepEqual(opened.complaints, [])
  })

  test('what is no target is refused with the reason, where it was written', async (t) => {
    const origin = await startScripted(t)
    const opened = await open(t, `${origin.url}/compare?targets=,javascript:alert(1)`)
    const { page } = opened
    const message = page.locator('#problem-B')
    assert.equal(await message.textContent(), 'Begin with http:// or https://')
    assert.match((await headsOf(opened))[1] ?? '', /javascript:alert\(1\).*Begin with http/)
    for (const [text, reason] of [
      ['localhost:9000', 'Begin with http:// or https://'],
      ['ftp://host', 'Begin with http:// or https://'],
      ['http://', 'Not a URL; write http://host:9000'],
      ['http://host:99999', 'Not a URL; write http://host:9000'],
      ['http://me:secret@host:9000', 'Leave out user and password'],
      ['http://me@host:9000', 'Leave out user and password'],
      ['http://host:9000/?x=1', 'Leave out ? and #'],
    ] as const) {
      await field(page, 'B').fill(text)
      await page.getByRole('button', { name: 'Compare' }).click()
      assert.equal(await message.textContent(), reason, text)
      assert.equal(await field(page, 'B').getAttribute('aria-invalid'), 'true')
    }
    assert.match(page.url(), /javascript/, 'the link is as it was')
    assert.deepEqual(opened.complaints, [])
  })
})
