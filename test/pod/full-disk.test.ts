// Disks that are full, on file systems of a few pages of their own.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { flagName } from '../../app/config/settings.ts'
import { anyPorts } from '../support/any-ports.ts'
import { ask } from '../support/ask.ts'
import { atEnd } from '../support/at-end.ts'
import { endWithUs } from '../support/children.ts'
import { endChild } from '../support/origin.ts'
import { freePort } from '../support/ports.ts'
import { createDirectory } from '../support/programs.ts'
import { scrape } from '../support/scrape.ts'
import { until, within } from '../support/wait.ts'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0

/** A disk of 64 KiB, mounted for the test. */
function createDisk(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'hpdummy-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path])
  t.after(() => {
    execFileSync('umount', ['-l', path])
    rmdirSync(path)
  })
  return path
}

interface Logging {
  readonly http: number
  readonly admin: number
  readonly exited: Promise<number | null>
  readonly end: () => void
}

async function startWithLog(t: TestContext, log: string, env: object = {}): Promise<Logging> {
  const [http, admin] = [await freePort(), await freePort()]
  const ports = { ...anyPorts, 'http.port': http, 'admin.port': admin }
  const flags = Object.entries(ports).map(([name, port]) => `${flagName(name)}=${port}`)
  const stdout = openSync(log, 'a')
  const child = spawn(
    process.execPath,
    ['app/main.ts', '--workers=1', '--log-requests', '--drain-quiet=50ms', ...flags],
    { stdio: ['ignore', stdout, 'inherit'], env: { ...process.env, ...env } },
  )
  closeSync(stdout)
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  atEnd(t, () => endChild(endWithUs(child), exited))
  await until('it is ready', async () => {
    const page = ask(admin, '/readyz').then(({ status }) => status)
    return (await page.catch(() => 0)) === 200
  })
  return { http, admin, exited, end: () => child.kill('SIGTERM') }
}

async function lostLines({ admin }: Logging): Promise<number> {
  const numbers = await scrape({ ports: { admin } })
  return numbers.value('hpdummy_log_lines_dropped_total') ?? Number.NaN
}

async function askTimes({ http }: Logging, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    assert.equal((await ask(http, `/?${time}`)).status, 200)
  }
}

suite('a full disk', { skip: isRoot ? false : 'mounting takes root' }, () => {
  test('loses log lines, which are counted, and says so when there is room again', async (t) => {
    const disk = createDisk(t)
    const [log, filler] = [join(disk, 'log'), join(disk, 'filler')]
    const origin = await startWithLog(t, log)
    // 52 KiB of the 64, so that the log has some pages and then none.
    writeFileSync(filler, Buffer.alloc(52 * 1024))
    await askTimes(origin, 60)
    await until('lines are lost', async () => (await lostLines(origin)) > 10)
    const lost = await lostLines(origin)
    assert.equal((await ask(origin.admin, '/readyz')).status, 200)
    assert.ok(statSync(log).size > 4096)

    rmSync(filler)
    await askTimes(origin, 5)
    await until('it is said', () => /log lines were lost/.test(readFileSync(log, 'utf8')))
    const text = readFileSync(log, 'utf8')
    const said = text.split('\n').find((line) => line.includes('log lines were lost')) ?? ''
    const { lines, code } = JSON.parse(said) as { readonly lines: number; readonly code: string }
    assert.deepEqual([lines >= lost, code], [true, 'ENOSPC'])
    // At most the one that was cut when the disk was full.
    const whole = text.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
    assert.ok(text.trim().split('\n').length - whole.length <= 1)
    origin.end()
    assert.equal(await within('the end', origin.exited), 0)
  })

  test('of temporary files does not prevent a certificate of our own', async (t) => {
    const disk = createDisk(t)
    writeFileSync(join(disk, 'filler'), Buffer.alloc(64 * 1024))
    const log = join(createDirectory(t), 'log')
    const origin = await startWithLog(t, log, { TMPDIR: disk, HPDUMMY_TLS_SELF_SIGNED: 'true' })
    await askTimes(origin, 1)
    origin.end()
    assert.equal(await within('the end', origin.exited), 0)
  })
})
