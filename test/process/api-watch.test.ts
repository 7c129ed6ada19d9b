// kubernetes.watch: what an API server does, in good moods and bad, and what the origin makes of it.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { ApiServer, type Mood } from '../support/api-server.ts'
import { conditionOf, readConfigz, untilConfigz } from '../support/configz.ts'
import { type TestOrigin, type TestSettings, startOrigin } from '../support/origin.ts'
import { createDirectory, runHpdummy } from '../support/programs.ts'
import { scrape } from '../support/scrape.ts'
import { pause, until } from '../support/wait.ts'

const watching: TestSettings = {
  'kubernetes.watch': 'api',
  'kubernetes.configMap': 'load/hpdummy',
}

function startWatching(
  t: TestContext,
  server: ApiServer,
  settings: TestSettings = {},
): Promise<TestOrigin> {
  return startOrigin(t, { ...watching, ...settings }, { KUBECONFIG: server.kubeconfig(t) })
}

function untilDelay(origin: TestOrigin, delay: string): ReturnType<typeof untilConfigz> {
  return untilConfigz(origin, `limits.delay is ${delay}`, ({ effective }) => {
    return effective['limits.delay'] === delay
  })
}

async function untilWatching(server: ApiServer): Promise<void> {
  await until('the server is watched', () => server.openStreams === 1)
}

suite('settings through the API server', () => {
  test('a change is in effect as soon as it is told, and is an Event', async (t) => {
    const server = await ApiServer.start(t, { 'limits.delay': '1m' })
    const origin = await startWatching(t, server, { workers: 2 })
    const first = await readConfigz(origin)
    assert.equal(first.effective['limits.delay'], '1m')
    assert.equal(first.origins['limits.delay'], 'configmap load/hpdummy/limits.delay')
    await untilWatching(server)
    const lists = server.count('list')
    for (const delay of ['2m', '3m', '4m']) {
      const writtenAt = performance.now()
      server.write({ 'limits.delay': delay })
      await untilDelay(origin, delay)
      t.diagnostic(`followed within ${Math.round(performance.now() - writtenAt)} ms`)
    }
    assert.equal(server.count('list'), lists, 'the watch told it, and not a look now and then')
    const page = await readConfigz(origin)
    assert.deepEqual([page.observed.source, page.observed.resourceVersion], ['api', '103'])
    await until('three Events', () => server.events.length === 3)
    const [{ reason, note, type, regarding } = assert.fail()] = server.events
    assert.deepEqual([reason, type, note], ['ConfigApplied', 'Normal', 'version 2: limits.delay'])
    assert.deepEqual(
      [regarding.kind, regarding.name, regarding.uid],
      ['ConfigMap', 'hpdummy', 'the-uid'],
    )
    assert.equal(server.mostStreams, 1)
    assert.equal((await scrape(origin)).value('hpdummy_config_watch_connected'), 1)
  })

  test('a watch goes on from the last bookmark, and lists again only when it is forgotten', async (t) => {
    const server = await ApiServer.start(t, { 'limits.delay': '1m' })
    const origin = await startWatching(t, server)
    await untilWatching(server)
    const lists = server.count('list')
    const version = server.bookmark()
    await until('the bookmark is heard', async () => {
      const before = server.asked.length
      server.endStreams()
      await until('the origin asks again', () => server.asked.length > before)
      return server.asked.at(-1)?.query.get('resourceVersion') === version
    })
    assert.equal(server.asked.at(-1)?.query.get('allowWatchBookmarks'), 'true')
    assert.equal(server.count('list'), lists)
    server.mood = 'has forgotten every version'
    server.endStreams()
    await until('it lists again', () => server.count('list') > lists)
    server.mood = 'well'
    await untilWatching(server)
    server.write({ 'limits.delay': '5m' })
    await untilDelay(origin, '5m')
  })

  test('a wrong ConfigMap is refused whole, reported once, and can be corrected', async (t) => {
    const server = await ApiServer.start(t, { 'limits.delay': '1m' })
    const origin = await startWatching(t, server)
    await untilWatching(server)
    const wrong = { 'limits.delay': 'soon', 'echo.bodyLimit': '1K' }
    server.write(wrong)
    const page = await untilConfigz(
      origin,
      'rejected',
      (it) => conditionOf(it, 'Accepted').status === 'False',
    )
    assert.match(
      conditionOf(page, 'Accepted').message,
      /limits\.delay: "soon" is wrong; use .*configmap load\/hpdummy/,
    )
    assert.deepEqual(
      [page.effective['limits.delay'], page.effective['echo.bodyLimit']],
      ['1m', '1M'],
    )
    await until('an Event', () => server.events.length === 1)
    server.write(wrong)
    server.write({ 'limits.delay': '1m' })
    await until('another Event', () => server.events.length === 2)
    assert.deepEqual(
      server.events.map(({ type, reason }) => `${type} ${reason}`),
      ['Warning ConfigRejected', 'Normal ConfigApplied'],
    )
  })

  test('a setting that needs a new process is reported, also as an Event', async (t) => {
    const server = await ApiServer.start(t, { 'limits.headerBytes': '16K' })
    const origin = await startWatching(t, server)
    assert.equal((await readConfigz(origin)).effective['limits.headerBytes'], '16K')
    await untilWatching(server)
    server.write({ 'limits.headerBytes': '32K' })
    const page = await untilConfigz(
      origin,
      'restart',
      (it) => conditionOf(it, 'RestartRequired').status === 'True',
    )
    assert.equal(page.effective['limits.headerBytes'], '16K')
    await until('an Event', () => server.events.length === 1)
    assert.deepEqual(
      server.events.map(({ reason, note }) => `${reason}: ${note}`),
      ['ConfigRestartRequired: only a new process takes: limits.headerBytes'],
    )
  })

  test('a deleted ConfigMap leaves the settings as they are, and says so', async (t) => {
    const server = await ApiServer.start(t, { 'limits.delay': '1m' })
    const origin = await startWatching(t, server)
    await untilWatching(server)
    server.write(undefined)
    const page = await untilConfigz(origin, 'missing', ({ watch }) => watch?.problem !== null)
    assert.match(page.watch?.problem ?? '', /there is no configmap load\/hpdummy/)
    assert.equal(page.effective['limits.delay'], '1m')
    server.write({ 'limits.delay': '2m' })
    assert.equal((await untilDelay(origin, '2m')).watch?.problem, null)
  })
})

const badMoods: readonly Mood[] = [
  'forbids',
  'fails',
  'is silent',
  'resets',
  'ends watches at once',
  'has forgotten every version',
  'says 410 to every watch',
  'talks nonsense',
]

// What a client that does not wait between tries asks in this time is hundreds.
const badMs = 3000
const mostAsked = 20

suite(
  'an API server in a bad mood is not besieged, and followed when it is well again',
  { concurrency: 4 },
  () => {
    for (const mood of badMoods) {
      test(`it ${mood}`, async (t) => {
        const server = await ApiServer.start(t, { 'limits.delay': '1m' })
        const origin = await startWatching(t, server)
        await untilWatching(server)
        server.mood = mood
        const before = server.asked.length
        server.endStreams()
        await pause(badMs)
        const asked = server.asked.length - before
        t.diagnostic(`${asked} requests in ${badMs} ms`)
        assert.ok(asked > 0 && asked <= mostAsked, `${asked} requests`)
        assert.ok(server.mostStreams <= 1, `${server.mostStreams} watches at once`)
        assert.equal((await fetch(`${origin.url}/health`)).status, 200)
        assert.equal((await readConfigz(origin)).effective['limits.delay'], '1m')
        server.mood = 'well'
        server.write({ 'limits.delay': '2m' })
        // Who is silent is given up after 30 s, by client-node.
        if (mood === 'is silent') server.cut()
        await untilDelay(origin, '2m')
        await untilWatching(server)
      })
    }

    test('it is gone, and comes back', async (t) => {
      const server = await ApiServer.start(t, { 'limits.delay': '1m' })
      const origin = await startWatching(t, server)
      await untilWatching(server)
      const { port } = server
      await server.end()
      const page = await untilConfigz(
        origin,
        'trouble',
        ({ watch }) => watch?.isConnected === false,
      )
      assert.match(page.watch?.problem ?? '', /^cannot watch configmap load\/hpdummy: /)
      assert.equal((await scrape(origin)).value('hpdummy_config_watch_connected'), 0)
      await server.listen(port)
      server.write({ 'limits.delay': '2m' })
      assert.equal((await untilDelay(origin, '2m')).watch?.isConnected, true)
    })

    test('its refusals are shown in its own words, and Events stop after one line', async (t) => {
      const server = await ApiServer.start(t, { 'limits.delay': '1m' })
      server.mood = 'forbids'
      const origin = await startWatching(t, server)
      const line = await origin.waitForLog(({ msg }) => msg === 'starting without the ConfigMap')
      assert.equal(
        line['trouble'],
        'cannot list configmap load/hpdummy: 403 configmaps is forbidden',
      )
      const page = await untilConfigz(origin, 'trouble', ({ watch }) =>
        /403/.test(watch?.problem ?? ''),
      )
      assert.equal(page.watch?.problem, line['trouble'])
      server.mood = 'well'
      await untilDelay(origin, '1m')
    })
  },
)

suite('a mounted directory and the API server', () => {
  test('with both, the file counts while the API server is silent', async (t) => {
    const mount = join(createDirectory(t), 'settings')
    mkdirSync(mount)
    const write = (delay: string): void => writeFileSync(join(mount, 'limits.delay'), delay)
    write('1m')
    const server = await ApiServer.start(t, { 'limits.delay': '2m' })
    const origin = await startWatching(t, server, { 'kubernetes.watch': 'both', config: mount })
    await untilDelay(origin, '2m')
    await untilWatching(server)
    write('3m')
    // Time in which a change of the file would be heard.
    await pause(500)
    assert.equal((await readConfigz(origin)).effective['limits.delay'], '2m', 'a mount is behind')
    const { port } = server
    await server.end()
    await untilConfigz(origin, 'trouble', ({ watch }) => watch?.isConnected === false)
    write('4m')
    assert.equal((await untilDelay(origin, '4m')).observed.source, 'file')
    await server.listen(port)
    server.write({ 'limits.delay': '5m' })
    assert.equal((await untilDelay(origin, '5m')).observed.source, 'api')
  })
})

suite('a start that asks the API server', { concurrency: 2 }, () => {
  test('goes on without it, and follows when it comes', async (t) => {
    const server = await ApiServer.start(t, { 'limits.delay': '1m' })
    const { port } = server
    const kubeconfig = server.kubeconfig(t)
    await server.end()
    const origin = await startOrigin(t, watching, { KUBECONFIG: kubeconfig })
    assert.equal((await readConfigz(origin)).effective['limits.delay'], '1h')
    await server.listen(port)
    await untilDelay(origin, '1m')
  })

  test('ends with 2 when the ConfigMap is wrong', async (t) => {
    const server = await ApiServer.start(t, { workers: 'many' })
    const { code, stderr } = await runHpdummy([], {
      KUBECONFIG: server.kubeconfig(t),
      HPDUMMY_KUBERNETES_WATCH: 'api',
      HPDUMMY_KUBERNETES_CONFIG_MAP: 'hpdummy',
    })
    assert.equal(code, 2)
    assert.match(stderr, /^hpdummy: workers: "many" is wrong; .*configmap load\/hpdummy\/workers/)
  })

  test('needs the name of a ConfigMap, and a cluster', async () => {
    const nameless = await runHpdummy(['--kubernetes-watch=both'])
    assert.equal(nameless.code, 2)
    assert.match(
      nameless.stderr,
      /^hpdummy: kubernetes\.configMap: kubernetes\.watch is both; name the/,
    )
    const words = [
      '--kubernetes-watch=both',
      '--kubernetes-config-map=a',
      '--http-port=0',
      '--admin-port=0',
    ]
    const lost = await runHpdummy(words, { KUBECONFIG: '', HOME: '/nonexistent' })
    assert.equal(lost.code, 1)
    assert.match(lost.stdout.toString(), /neither a service account nor KUBECONFIG names a cluster/)
  })
})
