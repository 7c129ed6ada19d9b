// npm run picture: takes docs/pictures/dashboard.png, of an origin that has been loaded for a minute.
import { spawn } from 'node:child_process'

import { chromium } from 'playwright-core'

import { anyPorts } from '../support/any-ports.ts'
import { endChild, environmentOf, originOf } from '../support/origin.ts'
import { pause } from '../support/wait.ts'

// Long enough for the charts to have something to show.
const loadMs = Number(process.argv[2] ?? 60_000)
const paths = ['/bin/64K', '/delay/20', '/status/200:0.9,404:0.1', '/bin/1K?hp-status=503:5']

const settings = { ...anyPorts, 'http.host': '127.0.0.1', 'admin.host': '127.0.0.1', workers: 2 }
const child = spawn(process.execPath, ['app/main.ts'], {
  env: { ...process.env, ...environmentOf(settings) },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const starting = originOf(child)
try {
  const { url, ports } = await starting.whenReady
  const until = performance.now() + loadMs
  const client = async (path: string): Promise<void> => {
    while (performance.now() < until) {
      await (await fetch(`${url}${path}`)).arrayBuffer()
      await pause(20)
    }
  }
  const clients = Promise.all(paths.flatMap((path) => [client(path), client(path)]))
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--disable-dev-shm-usage', '--disable-gpu', '--no-sandbox'],
  })
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
  await page.goto(`http://127.0.0.1:${ports.admin}/dashboard`)
  await pause(loadMs - 5000)
  await page.screenshot({ path: 'docs/pictures/dashboard.png' })
  await browser.close()
  await clients
} finally {
  await endChild(child, starting.exited)
}
