import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'

import type { LoadReport } from '../../app/load/report/load-report.ts'
import { anyPorts } from '../support/any-ports.ts'
import { endChild, environmentOf, originOf } from '../support/origin.ts'
import { type Ended, run } from '../support/programs.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

// Npm finds no git: all that the machine is known to have is npm.
const directory = mkdtempSync(join(tmpdir(), 'hpdummy-package-'))
const tarball = join(directory, `hpdummy-${version}.tgz`)
const prefix = join(directory, 'prefix')
const elsewhere = join(directory, 'elsewhere')
const program = join(prefix, 'bin/hpdummy')
// What npx has said to this process (the command that --call gave, the package) would be taken for our own words.
const own = Object.entries(process.env).filter(
  ([name]) => !/^npm_config_(?:call|package|yes)$/.test(name),
)
const env = {
  ...Object.fromEntries(own),
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
  npm_config_git: join(directory, 'no-git'),
}

/** Runs npm or npx in a directory that holds nothing; installing took 16 s on two cores. */
function npm(name: 'npm' | 'npx', ...words: string[]): Promise<Ended> {
  return run(name, words, { env, cwd: elsewhere, withinMs: 300_000 })
}

suite('the package', () => {
  before(async () => {
    mkdirSync(elsewhere)
    const packed = await run('npm', ['pack', '--pack-destination', directory], {
      env,
      withinMs: 120_000,
    })
    assert.equal(packed.code, 0, packed.stderr)
    const installed = await npm('npm', 'install', '--global', '--prefix', prefix, tarball)
    assert.equal(installed.code, 0, installed.stderr)
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  test('holds what runs and no sources', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const files = stdout
      .toString()
      .split('\n')
      .filter((name) => !name.startsWith('package/node_modules/'))
    for (const name of ['bin/hpdummy.js', 'lib/main.js', 'lib/web/dashboard.html', 'README.md'])
      assert.ok(files.includes(`package/${name}`), name)
    const surplus = files.filter((name) => /\.ts$|tsconfig|\/(?:app|test|pack)\//.test(name))
    assert.deepEqual(surplus, [])
  })

  test('npm install -g gives a program that answers every word', async () => {
    const said = await run(program, ['version'], { env })
    assert.deepEqual(
      { ...said, stdout: said.stdout.toString() },
      { code: 0, stdout: `hpdummy ${version}\n`, stderr: '' },
    )
    const printed = await run(program, ['settings', 'print', '--http-port=1'], { env })
    assert.match(printed.stdout.toString(), /^http\.port: 1 +# --http-port$/m)
    assert.equal((await run(program, ['banana'], { env })).code, 2)
    const script = await run(program, ['completion', 'bash'], { env })
    assert.match(script.stdout.toString(), /--rate=.*\n[^]*^complete -F _hpdummy hpdummy$/m)
    const help = await run(program, ['help', 'verify'], { env })
    assert.match(help.stdout.toString(), /^ {2}R1 /m, help.stderr)
  })

  test('it serves traffic and dashboards, and drains', async (t) => {
    const child = spawn(program, ['--workers=1', '--drain-quiet=50ms'], {
      env: { ...env, ...environmentOf({ ...anyPorts, 'admin.host': '127.0.0.1' }) },
      cwd: elsewhere,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const starting = originOf(child)
    t.after(() => endChild(child, starting.exited))
    const { url, ports } = await starting.whenReady
    const payload = await fetch(`${url}/bin/100`)
    assert.equal((await payload.text()).length, 100)
    const admin = `http://127.0.0.1:${ports.admin}`
    for (const path of ['/dashboard', '/metrics', '/api', '/assets/swagger-ui-bundle.js']) {
      const page = await fetch(`${admin}${path}`)
      assert.equal(page.status, 200, path)
      assert.ok((await page.text()).length > 500, path)
    }
    // Their threads and checks are files of the package, too.
    const load = ['load', `${url}/bin/1K`, '--rate=200', '--requests=100', '--workers=2', '--json']
    const loaded = await run(program, [...load, `--origin=${admin}`], { env, cwd: elsewhere })
    assert.equal(loaded.code, 0, loaded.stderr)
    const { statuses, schedule, latency } = JSON.parse(loaded.stdout.toString()) as LoadReport
    assert.deepEqual([statuses, schedule.workers], [{ 200: 100 }, 2])
    assert.equal(latency.origin?.count, 100)
    const verify = ['verify', `http://127.0.0.1:${ports.wire}`, `--origin=${admin}`, '--checks=B1']
    const verified = await run(program, [...verify, '--json'], { env, cwd: elsewhere })
    assert.equal(verified.code, 0, verified.stderr + verified.stdout.toString())
    assert.match(verified.stdout.toString(), /"B1"/)
    child.kill('SIGTERM')
    assert.equal(await starting.exited, 0)
  })

  test('npx runs it from the tarball', async () => {
    const said = await npm('npx', '--yes', '--package', tarball, 'hpdummy', '--version')
    assert.deepEqual([said.code, said.stdout.toString()], [0, `hpdummy ${version}\n`], said.stderr)
  })

  test('under another Node it says which one it needs', async () => {
    const words = ['--yes', '--package', 'node@20', '--call', `node ${program} --version`]
    const { code, stdout, stderr } = await npm('npx', ...words)
    assert.deepEqual([code, stdout.toString()], [2, ''])
    const says =
      /^hpdummy: this is Node 20\.[\d.]+, but hpdummy needs Node 22\.\d+ or a later 22; npm can bring it: npx -y -p node@22 -c hpdummy$/m
    assert.match(stderr, says)
    assert.doesNotMatch(stderr, /\bat \S+ \(|node:internal/)
  })

  test('the Node it asks for is the one of engines', () => {
    const file = join(prefix, 'lib/node_modules/hpdummy/package.json')
    const { engines } = JSON.parse(readFileSync(file, 'utf8')) as { engines: { node: string } }
    assert.match(engines.node, /^>=22\.\d+\.0 <23$/)
    assert.ok(existsSync(join(dirname(file), 'proto/hpdummy/v1/origin.proto')))
  })
})
