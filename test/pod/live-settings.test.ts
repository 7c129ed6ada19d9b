import assert from 'node:assert/strict'
import { type TestContext, suite, test } from 'node:test'

import { conditionOf, readConfigz, untilConfigz, untilGeneration } from '../support/configz.ts'
import { startMounted } from '../support/mounted-settings.ts'
import type { TestOrigin } from '../support/origin.ts'
import { type RawConnection, connectTo, rawRequest, sizedRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { until } from '../support/wait.ts'

// What the issue allows from the swap to the last worker.
const followedMs = 2000

/** Many connections, so that the kernel gives some to each worker. */
async function openMany(t: TestContext, origin: TestOrigin): Promise<readonly RawConnection[]> {
  const connections = Array.from({ length: 30 }, () => connectTo(t, origin))
  await statuses(connections, '/livez')
  return connections
}

async function statuses(
  connections: readonly RawConnection[],
  target: string,
): Promise<readonly number[]> {
  for (const connection of connections) connection.send(rawRequest(`GET ${target}`))
  const answers = await Promise.all(connections.map((connection) => connection.answer()))
  return [...new Set(answers.map(({ status }) => status))].toSorted((a, b) => a - b)
}

async function echoed(
  connections: readonly RawConnection[],
  body: string,
): Promise<readonly string[]> {
  for (const connection of connections) connection.send(sizedRequest('POST /', body))
  const answers = await Promise.all(connections.map((connection) => connection.answer()))
  const bodies = answers.map((answer) => {
    return (JSON.parse(answer.body.toString()) as { readonly body: string }).body
  })
  return [...new Set(bodies)]
}

suite('settings from a mounted directory', { concurrency: 2 }, () => {
  test('a hot change is in all workers within two seconds', async (t) => {
    const { origin, mount } = await startMounted(t, 'workers: 3\n')
    const connections = await openMany(t, origin)
    assert.deepEqual(await statuses(connections, '/bin/2K'), [200])
    assert.deepEqual(await echoed(connections, 'abcdefgh'), ['abcdefgh'])
    const swappedAt = performance.now()
    mount.write('workers: 3\nlimits.payload: 1K\necho.bodyLimit: 4\n')
    await until(
      'no worker gives 2K any more',
      async () => !(await statuses(connections, '/bin/2K')).includes(200),
      { ms: followedMs },
    )
    t.diagnostic(`followed within ${Math.round(performance.now() - swappedAt)} ms`)
    assert.deepEqual(await statuses(connections, '/bin/1K'), [200])
    assert.deepEqual(await echoed(connections, 'abcdefgh'), ['abcd...[TRUNCATED]'])
    mount.write('workers: 3\n')
    await until(
      'all workers give 2K again',
      async () => String(await statuses(connections, '/bin/2K')) === '200',
      { ms: followedMs },
    )
    // The connections were never asked to go: nothing but limits has changed.
    assert.equal(connections.filter(({ end }) => end !== undefined).length, 0)
  })

  test('the log follows its level', async (t) => {
    const { origin, mount } = await startMounted(t, '{}\n')
    mount.write('log.level: debug\n')
    await origin.waitForLog(({ msg }) => msg === 'settings applied')
    mount.write('log.level: debug # again\n')
    await origin.waitForLog(({ msg }) => msg === 'settings unchanged')
    mount.write('log.level: error\n')
    await untilGeneration(origin, 3)
    mount.write('log.level: loud\n')
    await origin.waitForLog(({ msg }) => msg === 'settings rejected')
    const applied = origin.log.filter(({ msg }) => msg === 'settings applied')
    assert.equal(applied.length, 1, 'what level error leaves out is not logged')
  })

  test('a bad file changes nothing, is reported everywhere, and can be corrected', async (t) => {
    const { origin, mount } = await startMounted(t, 'limits.payload: 1K\n')
    const before = await readConfigz(origin)
    const connections = await openMany(t, origin)
    mount.write('limits.payload: 2K\necho.bodyLimit: 1T\n')
    const bad = await untilConfigz(
      origin,
      'Accepted False',
      (page) => conditionOf(page, 'Accepted').status === 'False',
    )
    assert.match(
      conditionOf(bad, 'Accepted').message,
      /^echo\.bodyLimit: "1T" is wrong; use a size from 0 to 64M \(from file .*app\.yaml\)$/,
    )
    assert.deepEqual(bad.effective, before.effective)
    assert.deepEqual(bad.applied, before.applied)
    assert.ok(!(await statuses(connections, '/bin/2K')).includes(200))
    assert.deepEqual(await statuses(connections, '/bin/1K'), [200])
    const told = await scrape(origin)
    assert.equal(told.value('hpdummy_config_last_reload_successful'), 0)
    assert.equal(told.value('hpdummy_config_reloads_total', { result: 'rejected' }), 1)
    for (const broken of ['limits: [1\n', 'no.such.setting: 1\n', '- 1\n']) {
      const { message } = conditionOf(await readConfigz(origin), 'Accepted')
      mount.write(broken)
      await untilConfigz(origin, JSON.stringify(broken), (page) => {
        const accepted = conditionOf(page, 'Accepted')
        return accepted.status === 'False' && accepted.message !== message
      })
    }
    mount.write('limits.payload: 2K\n')
    const good = await untilGeneration(origin, 2)
    assert.equal(conditionOf(good, 'Accepted').status, 'True')
    assert.deepEqual(await statuses(connections, '/bin/2K'), [200])
    assert.equal((await scrape(origin)).value('hpdummy_config_last_reload_successful'), 1)
  })

  test('process settings are reported and not applied', async (t) => {
    const { origin, mount } = await startMounted(t, 'tls.selfSigned: false\n')
    mount.write('tls.selfSigned: true\nlimits.headerBytes: 2K\nlimits.payload: 1K\n')
    const page = await untilGeneration(origin, 2)
    const required = conditionOf(page, 'RestartRequired')
    assert.equal(required.status, 'True')
    assert.equal(required.message, 'tls.selfSigned, limits.headerBytes')
    assert.equal(page.effective['tls.selfSigned'], 'false')
    assert.equal(page.effective['limits.headerBytes'], '64K')
    assert.equal(page.effective['limits.payload'], '1K')
    assert.equal((await scrape(origin)).value('hpdummy_config_restart_required'), 1)
    mount.write('limits.payload: 1K\n')
    await untilConfigz(
      origin,
      'RestartRequired False',
      (after) => conditionOf(after, 'RestartRequired').status === 'False',
    )
    assert.equal((await scrape(origin)).value('hpdummy_config_restart_required'), 0)
  })

  test('the environment still wins over the file', async (t) => {
    const { origin, mount } = await startMounted(t, 'limits.payload: 1K\n', {
      'limits.payload': '8K',
    })
    const connections = await openMany(t, origin)
    mount.write('limits.payload: 2K\nlimits.count: 77\n')
    const page = await untilGeneration(origin, 2)
    assert.equal(page.effective['limits.payload'], '8K')
    assert.equal(page.origins['limits.payload'], 'HPDUMMY_LIMITS_PAYLOAD')
    assert.equal(page.effective['limits.count'], '77')
    assert.match(page.origins['limits.count'] ?? '', /^file .*app\.yaml$/)
    assert.deepEqual(await statuses(connections, '/bin/8K'), [200])
  })
})
