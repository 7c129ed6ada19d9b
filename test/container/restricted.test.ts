// The image as a cluster's strictest profile runs it: no privileges, nothing writable, limited CPU and
// memory. What is asserted is read from the kernel, not from the flags.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { availableParallelism } from 'node:os'
import { type TestContext, before, suite, test } from 'node:test'

import { phases } from '../support/drain-log.ts'
import { MountedSettings } from '../support/mounted-settings.ts'
import { memoryMiB } from '../support/process-memory.ts'
import { run } from '../support/programs.ts'
import { adminStatus, scrape } from '../support/scrape.ts'
import { startLoad } from '../support/steady-load.ts'
import { toolPath, without } from '../support/tools.ts'
import { until } from '../support/wait.ts'
import { type ContainedOrigin, containerState, restricted, startContainer } from './container.ts'
import { podman, withoutEngine } from './engine.ts'
import { buildImage } from './image.ts'

const limits = (cpus: string, memory: string): readonly string[] => [
  ...restricted,
  ...`--cpus ${cpus} --memory ${memory} --memory-swap ${memory}`.split(' '),
]

suite('the image under limits', { skip: withoutEngine() }, () => {
  let image = ''
  before(async () => {
    image = await buildImage()
  })

  test('process 1 is Node, without privileges, on a root it cannot write', async (t) => {
    const { pid } = await startContainer(t, { image })
    const about = (file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')
    const status = (name: string): string | undefined =>
      new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(about('status'))?.[1]
    assert.equal(about('cmdline').split('\0')[0], '/usr/local/bin/node')
    assert.equal(status('NSpid')?.split(/\s+/).at(-1), '1')
    assert.equal(status('Uid')?.split(/\s+/)[0], '65532')
    assert.equal(status('Gid')?.split(/\s+/)[0], '65532')
    for (const kind of ['Prm', 'Eff', 'Bnd', 'Amb']) {
      assert.equal(Number(`0x${status(`Cap${kind}`)}`), 0, kind)
    }
    assert.equal(status('NoNewPrivs'), '1')
    assert.equal(status('Seccomp'), '2', 'calls are filtered')
    assert.match(about('mountinfo'), / \/ \/ ro,/)
    assert.doesNotMatch(about('mountinfo'), / \/(?:tmp|run|var\/tmp) /)
  })

  test('sizes itself by its limits, and follows them', async (t) => {
    if (availableParallelism() < 2) return t.skip('needs two CPUs')
    const origin = await startContainer(t, { image, flags: limits('1.5', '256m') })
    t.diagnostic(`ready after ${origin.readyMs} ms, ${Math.round(memoryMiB(origin.pid))} MiB`)
    assert.partialDeepStrictEqual(origin.ready, {
      workers: 1,
      quota: { cpus: 1.5, memoryBytes: 256 * 2 ** 20 },
    })
    const load = await startLoad(t, origin)
    await podman('update', '--cpus', '2', origin.container)
    const change = await origin.waitForLog(({ msg }) => msg === 'quota changed')
    assert.partialDeepStrictEqual(change, { cpus: 2, workers: 2 })
    await until('two workers serve', async () => {
      return (await scrape(origin)).value('hpdummy_workers') === 2
    })
    await load.end()
    load.assertNoneLost()
    await leave(origin)
  })

  for (const memory of [128, 256]) {
    const title = `${memory} MiB are enough for a flood`
    test(title, { skip: without('wrk') }, async (t) => {
      const origin = await startContainer(t, { image, flags: limits('1', `${memory}m`) })
      const startMiB = Math.round(memoryMiB(origin.pid))
      await flood(t, origin)
      const { OOMKilled, Running, Pid } = await containerState(origin.container)
      assert.deepEqual(
        { OOMKilled, Running, Pid },
        { OOMKilled: false, Running: true, Pid: origin.pid },
      )
      assert.equal(await adminStatus(origin, '/readyz'), 200)
      const peakKiB = /^VmHWM:\s+(\d+)/m.exec(
        readFileSync(`/proc/${origin.pid}/status`, 'utf8'),
      )?.[1]
      t.diagnostic(`${startMiB} MiB at start, ${Math.round(Number(peakKiB) / 1024)} MiB at most`)
      await leave(origin)
    })
  }

  test('makes its own certificate where only /tmp can be written', async (t) => {
    const origin = await startContainer(t, {
      image,
      flags: [...restricted, '--tmpfs', '/tmp:size=1m,mode=1777'],
      settings: { 'tls.selfSigned': true },
    })
    const [answer] = (await once(
      get({ host: '127.0.0.1', port: origin.ports.https, rejectUnauthorized: false }),
      'response',
    )) as [IncomingMessage]
    assert.equal(answer.statusCode, 200)
    answer.destroy()
    await leave(origin)
  })

  test('workers are replaced under load, and new connections are steered away from them', async (t) => {
    const mount = new MountedSettings(t, 'buffer: {size: 256K}\n')
    // Of another user than the container's.
    chmodSync(mount.path, 0o755)
    const flags = [...restricted, '--volume', `${mount.path}:/etc/hpdummy:ro`]
    const settings = { config: '/etc/hpdummy', workers: 2 }
    const origin = await startContainer(t, { image, flags, settings })
    const load = await startLoad(t, origin)
    mount.write('buffer: {size: 128K}\n')
    await origin.waitForLog(({ msg }) => msg === 'settings applied')
    const replaced = (await scrape(origin)).value('hpdummy_worker_recycles_total')
    assert.equal(replaced, 2)
    await load.end()
    load.assertNoneLost()
    await leave(origin)
    const complaints = origin.log.filter(({ msg }) => msg?.includes('cannot be steered away'))
    assert.deepEqual(complaints, [])
  })

  test('podman stop is a drain: no request lost, exit code 0', async (t) => {
    const origin = await startContainer(t, { image })
    const answer = fetch(`${origin.url}/drip?bytes=10&duration=1s`).then((reply) => reply.text())
    await until('the drip is under way', async () => (await scrape(origin)).activeRequests === 1)
    await podman('stop', '--time', '8', origin.container)
    assert.equal((await answer).length, 10)
    assert.equal(await origin.exited, 0)
    assert.deepEqual(phases(origin), ['notice', 'finishing', 'stopped'])
    assert.equal((await containerState(origin.container)).ExitCode, 0)
  })
})

/** As many small answers and as many large ones as one CPU makes, to more clients than a pod has. */
async function flood(t: TestContext, { url }: ContainedOrigin): Promise<void> {
  for (const [target, connections] of [
    ['/bin/1K', '400'],
    ['/bin/10M?chunked=true', '60'],
    ['/any/path', '400'],
  ]) {
    const words = ['-t1', `-c${connections}`, '-d3s', `${url}${target}`]
    const { code, stdout, stderr } = await run(toolPath('wrk'), words)
    assert.equal(code, 0, stderr)
    assert.doesNotMatch(stdout.toString(), /Non-2xx/)
    const rate = /^Requests\/sec:\s+(\S+)/m.exec(stdout.toString())?.[1]
    const errors = /Socket errors: (.*)/.exec(stdout.toString())?.[1] ?? 'no errors'
    t.diagnostic(`${target} to ${connections} clients: ${rate} answers/s, ${errors}`)
    assert.ok(Number(rate) > 1)
  }
}

async function leave(origin: ContainedOrigin): Promise<void> {
  origin.signal('SIGTERM')
  assert.equal(await origin.exited, 0)
}
