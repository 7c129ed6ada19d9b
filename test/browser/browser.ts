import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, after, before } from 'node:test'

import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core'

import { until } from '../support/wait.ts'

// Debian's, which a distribution keeps safe; playwright-core brings none of its own.
const program = '/usr/bin/chromium'

/** For a suite's `skip`: false when there is a browser, else where to get it. */
export const withoutBrowser = existsSync(program)
  ? false
  : 'chromium is not installed (Debian package chromium)'

// For people to look at; the folder is ignored by git.
const pictures = new URL('../../.cache/screenshots/', import.meta.url).pathname

/** A page, and what it complained of. */
export interface OpenPage {
  readonly page: Page
  /** Console errors and warnings, refusals by the content security policy among them, and exceptions. */
  readonly complaints: readonly string[]
  /** The exact value of a figure on the page; undefined while it is not known. */
  readonly value: (figure: string) => Promise<number | undefined>
  /** Resolves when the page says that the numbers come. */
  readonly connected: () => Promise<void>
  /** Saves what is seen, all of it, as `.cache/screenshots/NAME.png`. */
  readonly picture: (name: string) => Promise<void>
}

/** What opens pages: one browser for the tests of a suite, each page with storage of its own. */
export type Open = (t: TestContext, url: string, options?: OpenOptions) => Promise<OpenPage>

interface OpenOptions extends BrowserContextOptions {
  /** Time stands still in the page but for what `pass` lets go by; its connections go on. */
  readonly hasStoppedClock?: boolean
}

/** A browser for the tests of the suite this is called in. */
export function useBrowser(): Open {
  let browser: Browser | undefined
  before(async () => {
    // Shared memory is small in containers; no GPU is needed for what is drawn here.
    const args = ['--disable-dev-shm-usage', '--disable-gpu']
    browser = await chromium.launch({ executablePath: program, args })
  })
  after(() => browser?.close())
  return async (t, url, { hasStoppedClock = false, ...options } = {}) => {
    if (browser === undefined) throw new Error('the browser has not started')
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: 'light',
      ...options,
    })
    t.after(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    if (hasStoppedClock) await page.clock.install()
    await page.goto(url)
    if (hasStoppedClock) await page.clock.pauseAt(Date.now() + 1000)
    return openPage(page, complaints)
  }
}

function openPage(page: Page, complaints: readonly string[]): OpenPage {
  return {
    page,
    complaints,
    value: async (figure) => {
      const text = await page.locator(`#card-${figure} data`).getAttribute('value')
      return text === null || text === '' ? undefined : Number(text)
    },
    async connected() {
      await until('the page is connected', () =>
        page.locator('.connection[data-kind="connected"]').first().isVisible(),
      )
    },
    async picture(name) {
      mkdirSync(pictures, { recursive: true })
      await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
    },
  }
}
