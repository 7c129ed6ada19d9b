// printConfig of app/config/load.ts: what it prints loads again.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'

import * as fc from 'fast-check'

import { loadConfig, printConfig } from '../../../app/config/load.ts'
import { type Config, type SettingName, flagName, settings } from '../../../app/config/settings.ts'
import { createFile } from '../../support/directory.ts'
import { anyText } from './any-text.ts'

const names = Object.keys(settings) as SettingName[]

function load(argv: readonly string[]): { config: Config; text: string } {
  const loaded = loadConfig(argv, {})
  if ('problems' in loaded) return assert.fail(loaded.problems.join('\n'))
  return { config: loaded.config, text: printConfig(loaded.config, loaded.origins) }
}

/** Loads a text as a file, as often as asked. */
function createReload(t: TestContext): (text: string) => Config {
  const file = createFile(t, '')
  return (text) => {
    writeFileSync(file, text)
    return load(['--config', file]).config
  }
}

// Where the file itself is, is not part of what it says.
function assertSame(config: Config, again: Config): void {
  for (const name of names) {
    if (name !== 'config') assert.equal(again[name], config[name], name)
  }
}

const wholeMs = fc.nat(10 ** 9).map((ms) => `${ms}ms`)
const caps = fc.oneof(fc.constant('none'), fc.maxSafeNat().map(String))
const heapParts = fc.oneof(fc.constant('auto'), fc.integer({ min: 24, max: 65_536 }).map(String))
// Two listeners on one port would be a problem.
function ports(from: number): fc.Arbitrary<string> {
  return fc.oneof(fc.constant(0), fc.integer({ min: from, max: from + 9999 })).map(String)
}
// Values that no YAML reader takes for anything but text.
const paths = anyText(20).map((text) => `/${text}`)

const values: Readonly<Partial<Record<SettingName, fc.Arbitrary<string>>>> = {
  'http.host': fc.constantFrom('::', '::1', '0.0.0.0', 'localhost', 'fe80::1%eth0', '127.0.0.1'),
  'http.port': ports(10_000),
  'https.port': ports(20_000),
  'admin.port': ports(30_000),
  'tls.selfSigned': fc.constantFrom('false', '0'),
  'heap.profile': fc.constantFrom('memory', 'balanced', 'throughput'),
  'heap.oldMiB': heapParts,
  'heap.youngMiB': heapParts,
  workers: fc.oneof(fc.constant('auto'), fc.integer({ min: 1, max: 256 }).map(String)),
  'quota.cpus': fc.integer({ min: 1, max: 1_024_000 }).map((milli) => `${milli}m`),
  'quota.memory': fc.integer({ min: 2 ** 25, max: 2 ** 50 }).map(String),
  'buffer.size': fc.integer({ min: 64 * 2 ** 10, max: 4096 * 2 ** 10 }).map(String),
  'log.level': fc.constantFrom('debug', 'info', 'warn', 'error', 'silent'),
  'log.format': fc.constantFrom('auto', 'json', 'pretty'),
  'log.requests': fc.constantFrom('true', 'false'),
  'memory.reportInterval': wholeMs,
  'drain.quiet': wholeMs,
  'drain.notice': wholeMs,
  'drain.deadline': wholeMs,
  'kubernetes.configMap': fc.constantFrom('hpdummy', 'load/hpdummy', '1'),
  'limits.delay': wholeMs,
  'limits.payload': caps,
  'limits.body': caps,
  'limits.count': fc.maxSafeNat().map(String),
  'limits.headerBytes': fc.integer({ min: 1024, max: 2 ** 20 }).map(String),
  'echo.bodyLimit': fc.nat(64 * 2 ** 20).map(String),
}

const argvs = fc
  .tuple(
    fc.record(values, { requiredKeys: [] }),
    fc.option(fc.tuple(paths, paths), { nil: undefined }),
  )
  .map(([given, tls]) => {
    const certificate = tls && { 'tls.certFile': tls[0], 'tls.keyFile': tls[1] }
    return Object.entries({ ...given, ...certificate }).map(
      ([name, text]) => `${flagName(name)}=${text}`,
    )
  })

test('what is printed loads again as the same settings', (t) => {
  const reload = createReload(t)
  const property = fc.property(argvs, (argv) => {
    const { config, text } = load(argv)
    assertSame(config, reload(text))
  })
  fc.assert(property, { numRuns: 200 })
})

test('every setting is one line with its value and where it came from', () => {
  const { text } = load(['--workers=3', '--limits-payload=1048576'])
  const lines = text.trimEnd().split('\n')
  assert.equal(lines.length, names.length)
  for (const [index, name] of names.entries()) {
    assert.match(lines[index] ?? '', new RegExp(`^(?:# )?${name.replaceAll('.', '[.]')}: .* # .+$`))
  }
  assert.match(text, /^workers: 3 +# --workers$/m)
  assert.match(text, /^limits\.payload: 1M +# --limits-payload$/m)
  assert.match(text, /^# config: \(none\) +# default$/m)
})

test('a secret is never printed, but it is shown that it is set', () => {
  const secrets = names.filter((name) => settings[name].isSecret === true)
  assert.ok(secrets.includes('admin.token'))
  for (const name of secrets) {
    assert.match(load([]).text, new RegExp(`^# ${name}: \\(none\\) +# default$`, 'm'))
    const { text } = load([`${flagName(name)}=hush-hush`])
    assert.ok(!text.includes('hush'), text)
    assert.match(text, new RegExp(`^${name}: "\\*\\*\\*" +# ${flagName(name)}$`, 'm'))
  }
})

test('a text that YAML would read as a number, a null or a list is printed as text', (t) => {
  const reload = createReload(t)
  for (const name of ['null', '0x10', '1e3', '007', '1.0', '.inf', '-', '---', 'Null']) {
    const { config, text } = load([`--tls-cert-file=${name}`, '--tls-key-file=k'])
    assertSame(config, reload(text))
  }
})

test('a time of any unit, and a count of any size, load again', (t) => {
  const reload = createReload(t)
  for (const argument of ['--drain-quiet=1.1h', '--drain-quiet=0.1ns', '--limits-count=1000G']) {
    const { config, text } = load([argument])
    assertSame(config, reload(text))
  }
})
