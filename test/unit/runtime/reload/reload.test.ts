import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { type Loaded, loadConfig } from '../../../../app/config/load.ts'
import { type Config, settings } from '../../../../app/config/settings.ts'
import { type Change, type Condition, Reloader } from '../../../../app/runtime/reload/reload.ts'

type Flags = Readonly<Record<string, string>>

function loadFlags(flags: Flags): Loaded {
  const argv = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  return loadConfig(argv, {})
}

interface Status {
  readonly observed: { readonly hash: string; readonly at: string; readonly source: string }
  readonly applied: { readonly generation: number; readonly hash: string; readonly at: string }
  readonly conditions: readonly Condition[]
  readonly effective: Readonly<Record<string, string | null>>
  readonly origins: Readonly<Record<string, string>>
  readonly reload: Readonly<Record<string, string>>
}

/** A reloader whose written settings are `flags`, to be changed by the test. */
class Bench {
  flags: Flags
  readonly changes: Change[] = []
  readonly results: string[] = []
  readonly details: object[] = []
  carryOut: (change: Change) => Promise<void> = async () => {}
  readonly reloader: Reloader

  constructor(flags: Flags = {}) {
    this.flags = flags
    const first = loadFlags(flags)
    if ('problems' in first) throw new Error(first.problems.join('; '))
    this.reloader = new Reloader({
      ...first,
      load: () => loadFlags(this.flags),
      apply: (change) => {
        this.changes.push(change)
        return this.carryOut(change)
      },
      onResult: ({ result, ...detail }) => {
        this.results.push(result)
        this.details.push(detail)
      },
    })
  }

  async write(flags: Flags): Promise<void> {
    this.flags = flags
    await this.reloader.reload('file')
  }

  get status(): Status {
    return this.reloader.status() as Status
  }

  get config(): Config {
    return this.reloader.config
  }

  condition(type: Condition['type']): Condition {
    const found = this.status.conditions.find((condition) => condition.type === type)
    assert.ok(found, `there is no condition ${type}`)
    return found
  }

  /** `Accepted True, Applied True, RestartRequired False`. */
  get conditions(): string {
    return this.status.conditions.map(({ type, status }) => `${type} ${status}`).join(', ')
  }
}

const fine = 'Accepted True, Applied True, RestartRequired False'

test('before the first reload all conditions are accepted and applied', () => {
  const bench = new Bench({ 'limits-payload': '1M' })
  assert.equal(bench.conditions, fine)
  const { observed, applied, effective, reload } = bench.status
  assert.equal(observed.source, 'start')
  assert.equal(observed.hash, applied.hash)
  assert.match(observed.hash, /^[0-9a-f]{16}$/)
  assert.equal(applied.generation, 1)
  assert.equal(effective['limits.payload'], '1M')
  assert.deepEqual(
    reload,
    Object.fromEntries(Object.entries(settings).map(([name, row]) => [name, row.reload])),
  )
})

test('a change is applied, with its names by class', async () => {
  const bench = new Bench()
  const before = bench.status
  await bench.write({ 'limits-payload': '1M', workers: '3', 'log-level': 'warn' })
  assert.deepEqual(bench.results, ['applied'])
  assert.deepEqual(bench.changes[0]?.names, {
    hot: ['log.level', 'limits.payload'],
    worker: ['workers'],
    process: [],
    none: [],
  })
  assert.equal(bench.config['limits.payload'], 2 ** 20)
  assert.equal(bench.config.workers, 3)
  assert.equal(bench.conditions, fine)
  const { observed, applied, origins } = bench.status
  assert.equal(applied.generation, 2)
  assert.equal(observed.source, 'file')
  assert.equal(observed.hash, applied.hash)
  assert.notEqual(applied.hash, before.applied.hash)
  assert.equal(origins['limits.payload'], '--limits-payload')
  assert.equal(bench.reloader.numbers.hash, applied.hash)
})

test('settings with the same meaning are unchanged, however they are written', async () => {
  const bench = new Bench({ 'limits-payload': '1M', 'limits-delay': '60s' })
  const before = bench.status
  await bench.write({ 'limits-delay': '1m', 'limits-payload': '1024K' })
  assert.deepEqual([bench.results, bench.changes], [['unchanged'], []])
  assert.equal(bench.status.applied.hash, before.applied.hash)
  assert.equal(bench.reloader.version, 1)
})

test('the same settings have the same hash, whatever came in between', async () => {
  const bench = new Bench()
  const { hash } = bench.status.applied
  await bench.write({ 'limits-payload': '1M' })
  await bench.write({})
  assert.equal(bench.status.applied.hash, hash)
  assert.equal(bench.reloader.version, 3)
})

test('a change with any mistake is rejected whole, and the sentence is kept', async () => {
  const bench = new Bench({ 'limits-payload': '1M' })
  const { config, status } = bench
  await bench.write({ 'limits-payload': '2M', 'echo-body-limit': '1G', workers: '0' })
  assert.deepEqual([bench.results, bench.changes], [['rejected'], []])
  assert.equal(bench.config, config)
  assert.equal(bench.conditions, 'Accepted False, Applied True, RestartRequired False')
  const { reason, message } = bench.condition('Accepted')
  assert.equal(reason, 'Invalid')
  assert.match(message, /echo\.bodyLimit: "1G" is wrong; use a size .* --echo-body-limit\)/)
  assert.match(message, /workers: "0" is wrong; use auto, or an integer from 1 to 256/)
  assert.deepEqual(bench.status.applied, status.applied)
  assert.deepEqual(bench.status.effective, status.effective)
  assert.equal(bench.reloader.numbers.isSuccessful, false)
  await bench.write({ 'limits-payload': '2M' })
  assert.deepEqual(bench.results, ['rejected', 'applied'])
  assert.equal(bench.conditions, fine)
  assert.equal(bench.condition('Accepted').message, '')
  assert.equal(bench.reloader.numbers.isSuccessful, true)
})

test('a change that needs a new process is reported and not applied', async () => {
  const bench = new Bench()
  const { config } = bench
  await bench.write({ 'http-port': '9999', 'admin-token': 'secret' })
  assert.deepEqual([bench.results, bench.changes], [['unchanged'], []])
  assert.equal(bench.config, config)
  assert.equal(bench.conditions, 'Accepted True, Applied True, RestartRequired True')
  assert.equal(bench.condition('RestartRequired').message, 'http.port, admin.token')
  assert.equal(bench.reloader.numbers.isRestartRequired, true)
  assert.notEqual(bench.status.observed.hash, bench.status.applied.hash)
  await bench.write({})
  assert.equal(bench.conditions, fine)
  assert.equal(bench.reloader.numbers.isRestartRequired, false)
})

test('the hot part of a mixed change is applied, and the rest waits for a new process', async () => {
  const bench = new Bench()
  await bench.write({ 'http-port': '9999', 'limits-payload': '1M' })
  assert.deepEqual(bench.results, ['applied'])
  assert.equal(bench.changes[0]?.config['http.port'], 8080)
  assert.equal(bench.changes[0]?.config['limits.payload'], 2 ** 20)
  assert.equal(bench.config['http.port'], 8080)
  assert.equal(bench.condition('RestartRequired').status, 'True')
  await bench.write({ 'http-port': '9999', 'limits-payload': '2M' })
  assert.deepEqual(bench.changes[1]?.names.hot, ['limits.payload'])
  assert.equal(bench.condition('RestartRequired').status, 'True')
})

test('a change that is not carried out keeps the last good settings whole', async () => {
  const bench = new Bench({ 'limits-payload': '1M' })
  const { config, status } = bench
  bench.carryOut = async () => {
    throw new Error('1 workers did not confirm')
  }
  await bench.write({ 'limits-payload': '2M', workers: '4' })
  assert.deepEqual(bench.results, ['failed'])
  assert.equal(bench.config, config)
  assert.deepEqual(bench.status.applied, status.applied)
  assert.deepEqual(bench.status.effective, status.effective)
  assert.equal(bench.conditions, 'Accepted True, Applied False, RestartRequired False')
  assert.equal(bench.condition('Applied').message, '1 workers did not confirm')
  assert.equal(bench.reloader.numbers.isSuccessful, false)
  bench.carryOut = async () => {}
  await bench.reloader.reload('file')
  assert.deepEqual(bench.results, ['failed', 'applied'])
  assert.equal(bench.conditions, fine)
})

test('a version is used once: a worker that confirmed a failed change has not confirmed the next', async () => {
  const bench = new Bench()
  bench.carryOut = async () => {
    throw new Error('no')
  }
  await bench.write({ 'limits-payload': '1M' })
  await bench.write({ 'limits-payload': '2M' })
  const versions = bench.changes.map(({ version }) => version)
  assert.equal(new Set(versions).size, versions.length, `versions ${versions.join(', ')}`)
})

test('settings written back after a failed change are applied, not called unchanged', async () => {
  const bench = new Bench()
  bench.carryOut = async () => {
    throw new Error('one of two workers did not confirm')
  }
  await bench.write({ 'limits-payload': '1M' })
  bench.carryOut = async () => {}
  await bench.write({})
  assert.equal(bench.condition('Applied').status, 'True')
  assert.equal(bench.changes.at(-1)?.config['limits.payload'], Number.POSITIVE_INFINITY)
})

test('the time of a condition moves only when its status does', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const bench = new Bench()
  const times = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      bench.status.conditions.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
    )
  const start = times()
  t.mock.timers.tick(5)
  await bench.write({ 'limits-payload': '1M' })
  assert.deepEqual(times(), start)
  t.mock.timers.tick(5)
  await bench.write({ 'limits-payload': 'much' })
  const rejected = times()
  assert.ok((rejected['Accepted'] ?? '') > (start['Accepted'] ?? ''))
  assert.equal(rejected['Applied'], start['Applied'])
  t.mock.timers.tick(5)
  await bench.write({ 'limits-payload': 'more' })
  assert.deepEqual(times(), rejected)
  assert.match(bench.condition('Accepted').message, /"more"/)
  t.mock.timers.tick(5)
  await bench.write({})
  assert.ok((times()['Accepted'] ?? '') > (rejected['Accepted'] ?? ''))
})

test('reloads asked for at once are carried out one after the other, in order', async () => {
  const bench = new Bench()
  let running = 0
  const seen: number[] = []
  bench.carryOut = async ({ config, version }) => {
    assert.equal(++running, 1)
    // Time for another to begin.
    await nextTurn()
    seen.push(version)
    assert.equal(config['limits.count'], 1000 + version)
    running--
  }
  let count = 1001
  const load = (): Promise<void> => {
    const turn = bench.reloader.reload('file')
    return turn
  }
  Object.defineProperty(bench, 'flags', { get: () => ({ 'limits-count': String(++count) }) })
  await Promise.all([load(), load(), load(), load()])
  assert.deepEqual(seen, [2, 3, 4, 5])
  assert.equal(bench.config['limits.count'], 1005)
  assert.deepEqual(bench.reloader.results, { applied: 4, unchanged: 0, rejected: 0, failed: 0 })
})

test('secrets are in no page and in no log line', async () => {
  const bench = new Bench({ 'admin-token': 'hunter2' })
  await bench.write({ 'admin-token': 'hunter3', 'limits-payload': '1M' })
  await bench.write({ 'admin-token': 'hunter3', 'limits-payload': 'x' })
  const shown = JSON.stringify([bench.status, bench.details, bench.reloader.numbers])
  assert.ok(!/hunter/.test(shown), shown)
  assert.ok(!('admin.token' in bench.status.effective))
})

test('reloads are counted by their result', async () => {
  const bench = new Bench()
  await bench.write({ 'limits-payload': '1M' })
  await bench.write({ 'limits-payload': '1M' })
  await bench.write({ 'limits-payload': 'x' })
  bench.carryOut = () => Promise.reject(new Error('no'))
  await bench.write({ 'limits-payload': '3M' })
  assert.deepEqual(bench.reloader.results, { applied: 1, unchanged: 1, rejected: 1, failed: 1 })
})
