import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { type Answer, ask } from '../support/ask.ts'
import { conditionOf, readConfigz, untilConfigz } from '../support/configz.ts'
import { phases } from '../support/drain-log.ts'
import { MountedSettings } from '../support/mounted-settings.ts'
import { type TestOrigin, type TestSettings, startOrigin } from '../support/origin.ts'
import { createDirectory, runHpdummy } from '../support/programs.ts'
import { connectTo, rawRequest } from '../support/raw.ts'
import { adminStatus, scrape } from '../support/scrape.ts'

const actions = ['/drain', '/readyz/disable', '/readyz/enable'] as const

const secret = 'correct-horse-battery'

/** Asks the admin port to do something; by GET, or with a token, when told so. */
function order(
  { ports }: TestOrigin,
  path: string,
  { method = 'POST', authorization }: { readonly method?: string; authorization?: string } = {},
): Promise<Answer> {
  const headers = authorization === undefined ? {} : { authorization }
  return ask(ports.admin, path, { method, headers })
}

suite('actions of the admin port', { concurrency: 2 }, () => {
  test('POST /drain drains: exchanges end, the exit code is 0', async (t) => {
    const origin = await startOrigin(t)
    const connection = connectTo(t, origin)
    connection.send(rawRequest('GET /delay/700ms'))
    const whole = connection.answer()
    const { status, body } = await order(origin, '/drain')
    assert.deepEqual([status, body.toString()], [202, 'accepted\n'])
    assert.equal(await adminStatus(origin, '/readyz'), 503)
    assert.equal(await adminStatus(origin, '/livez'), 200)
    assert.equal((await whole).status, 200)
    assert.equal(await origin.exited, 0)
    assert.deepEqual(phases(origin), ['notice', 'finishing', 'stopped'])
    const line = origin.log.find(({ msg }) => msg === 'draining')
    assert.equal(line?.['reason'], 'POST /drain')
  })

  for (const second of ['POST /drain', 'SIGTERM'] as const) {
    // A preStop hook drains by POST, and then the kubelet sends SIGTERM whatever the hook did.
    test(`${second} after POST /drain goes on draining`, async (t) => {
      const origin = await startOrigin(t)
      const connection = connectTo(t, origin)
      connection.send(rawRequest('GET /delay/1s'))
      await order(origin, '/drain')
      await origin.waitForLog(({ phase }) => phase === 'notice')
      if (second === 'SIGTERM') origin.signal('SIGTERM')
      else assert.equal((await order(origin, '/drain')).status, 202)
      assert.equal((await connection.answer()).status, 200)
      assert.equal(await origin.exited, 0)
    })
  }

  test('readiness can be switched off and on, and nothing else changes', async (t) => {
    const origin = await startOrigin(t)
    for (const [path, readyz] of [
      ['/readyz/disable', 503],
      ['/readyz/disable', 503],
      ['/readyz/enable', 200],
      ['/readyz/enable', 200],
      ['/readyz/disable', 503],
    ] as const) {
      assert.equal((await order(origin, path)).status, 202)
      assert.equal(await adminStatus(origin, '/readyz'), readyz)
      assert.equal(await adminStatus(origin, '/livez'), 200)
      assert.equal((await fetch(`${origin.url}/bin/10`)).status, 200)
    }
    assert.equal((await scrape(origin)).value('hpdummy_drain_phase'), 1)
    const switched = origin.log.filter(({ msg }) => msg === 'readiness switched')
    assert.ok(switched.length >= 3)
  })

  test('other methods get the allowed one, and do nothing', async (t) => {
    const origin = await startOrigin(t)
    for (const path of actions) {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
        const { status, headers } = await order(origin, path, { method })
        assert.deepEqual([status, headers['allow']], [405, 'POST'], `${method} ${path}`)
      }
    }
    for (const path of ['/livez', '/readyz', '/metrics', '/configz', '/openapi.json']) {
      const { status, headers } = await order(origin, path)
      assert.deepEqual([status, headers['allow']], [405, 'GET, HEAD'], path)
    }
    assert.equal((await order(origin, '/nothing')).status, 404)
    assert.equal(await adminStatus(origin, '/readyz'), 200)
    assert.deepEqual(phases(origin), [])
  })

  test('with admin.token every POST must carry it', async (t) => {
    const origin = await startOrigin(t, { 'admin.token': secret })
    const wrong = [undefined, '', 'Bearer', 'Bearer wrong', secret, `Basic ${secret}`]
    const near = [
      `Bearer ${secret}x`,
      `Bearer ${secret.slice(1)}`,
      `Bearer ${secret.toUpperCase()}`,
    ]
    for (const path of actions) {
      for (const authorization of [...wrong, ...near]) {
        const { status, headers, body } = await order(origin, path, {
          ...(authorization !== undefined && { authorization }),
        })
        assert.equal(status, 401, `${path} with ${authorization}`)
        assert.equal(headers['www-authenticate'], 'Bearer')
        assert.ok(!body.includes(secret))
      }
    }
    assert.equal(await adminStatus(origin, '/readyz'), 200)
    const authorization = `Bearer ${secret}`
    assert.equal((await order(origin, '/readyz/disable', { authorization })).status, 202)
    assert.equal(await adminStatus(origin, '/readyz'), 503)
    for (const path of ['/livez', '/metrics', '/configz', '/openapi.json']) {
      assert.equal(await adminStatus(origin, path), 200, `GET ${path} is open`)
    }
    assert.equal((await order(origin, '/drain', { authorization })).status, 202)
    assert.equal(await origin.exited, 0)
  })
})

async function assertHidden(origin: TestOrigin, hidden: string): Promise<void> {
  const pages = ['/configz', '/metrics', '/openapi.json'].map((path) =>
    order(origin, path, { method: 'GET' }),
  )
  for (const { body } of await Promise.all(pages)) assert.ok(!body.includes(hidden))
  assert.ok(!JSON.stringify(origin.log).includes(hidden), 'the log')
}

suite('secrets are shown nowhere', { concurrency: 2 }, () => {
  test('not in --print-config, wherever they come from', async (t) => {
    const file = join(createDirectory(t), 'app.yaml')
    writeFileSync(file, `admin.token: ${secret}\n`)
    for (const [words, env] of [
      [[`--admin-token=${secret}`], {}],
      [[], { HPDUMMY_ADMIN_TOKEN: secret }],
      [[`--config=${file}`], {}],
    ] as const) {
      const { code, stdout, stderr } = await runHpdummy([...words, '--print-config'], env)
      assert.equal(code, 0)
      assert.match(stdout.toString(), /^admin\.token: .*\*\*\*/m)
      assert.ok(!stdout.includes(secret) && !stderr.includes(secret))
    }
  })

  test('not in pages and the log, at start or after a reload', async (t) => {
    const mount = new MountedSettings(t, `admin.token: ${secret}\n`)
    const settings: TestSettings = { config: mount.path, 'log.level': 'debug' }
    const origin = await startOrigin(t, settings)
    assert.equal((await readConfigz(origin)).effective['admin.token'], undefined)
    await assertHidden(origin, secret)
    mount.write('admin.token: another-horse\nlimits.count: 0x\n')
    const rejected = await untilConfigz(
      origin,
      'Accepted False',
      (page) => conditionOf(page, 'Accepted').status === 'False',
    )
    assert.match(conditionOf(rejected, 'Accepted').message, /limits\.count/)
    await assertHidden(origin, 'another-horse')
    mount.write('admin.token: another-horse\n')
    await untilConfigz(
      origin,
      'RestartRequired True',
      (page) => conditionOf(page, 'RestartRequired').status === 'True',
    )
    await assertHidden(origin, 'another-horse')
    await assertHidden(origin, secret)
  })
  test('not when the file that holds them is not YAML', async (t) => {
    const mount = new MountedSettings(t, 'limits.count: 5\n')
    const origin = await startOrigin(t, { config: mount.path })
    mount.write(`limits.count: 5\nadmin.token: "${secret}\n`)
    const rejected = await untilConfigz(
      origin,
      'Accepted False',
      (page) => conditionOf(page, 'Accepted').status === 'False',
    )
    assert.ok(!conditionOf(rejected, 'Accepted').message.includes(secret), '/configz')
    await assertHidden(origin, secret)
  })
})
