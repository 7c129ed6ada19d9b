// loadConfig of app/config/load.ts: what is wrong is said, all of it, and nothing is thrown.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { loadConfig } from '../../../app/config/load.ts'
import {
  type Config,
  type SettingName,
  environmentName,
  flagName,
  settings,
} from '../../../app/config/settings.ts'
import { createDirectory, createFile } from '../../support/directory.ts'
import { anyText } from './any-text.ts'

type Env = Readonly<Record<string, string>>

const names = Object.keys(settings) as SettingName[]

function load(argv: readonly string[], env: Env = {}): Config {
  const loaded = loadConfig(argv, env)
  return 'problems' in loaded ? assert.fail(loaded.problems.join('\n')) : loaded.config
}

function problems(argv: readonly string[], env: Env = {}): readonly string[] {
  const loaded = loadConfig(argv, env)
  return 'problems' in loaded ? loaded.problems : assert.fail('no problem was found')
}

function sentence(name: SettingName, origin: string): string {
  const isSecret = 'isSecret' in settings[name]
  const shown = isSecret ? 'the value' : '"\\u0001"'
  const { format } = settings[name]
  return `${name}: ${shown} is wrong; use ${format.why?.('\u0001') ?? format.allowed} (from ${origin})`
}

test('every wrong value is listed once, with the setting, the value, what is allowed and where it was set', () => {
  const formats = names.filter((name) => settings[name].format.parse('\u0001') === undefined)
  assert.ok(formats.length > 15)
  const argv = formats.map((name) => `${flagName(name)}=\u0001`)
  const expected = formats.map((name) => sentence(name, flagName(name)))
  assert.deepEqual(problems(argv).toSorted(), expected.toSorted())
  const env = Object.fromEntries(formats.map((name) => [environmentName(name), '\u0001']))
  const fromEnv = formats.map((name) => sentence(name, environmentName(name)))
  assert.deepEqual(problems([], env).toSorted(), fromEnv.toSorted())
})

test('problems of all layers are listed together', (t) => {
  const file = createFile(t, 'http.port: -1\nnonsense: 1\n')
  const found = problems(['--config', file, '--workers=0', '--what'], {
    HPDUMMY_LOG_LEVEL: 'loud',
  })
  assert.deepEqual(found.map((problem) => problem.slice(0, problem.indexOf(':'))).toSorted(), [
    '--what',
    'http.port',
    'log.level',
    'nonsense',
    'workers',
  ])
  assert.ok(
    found.some((problem) => problem.includes(`"-1"`) && problem.includes(`(from file ${file})`)),
  )
})

test('a wrong value that a higher layer replaces is not a problem', () => {
  assert.equal(load(['--workers=2'], { HPDUMMY_WORKERS: 'many' }).workers, 2)
})

test('unknown flags, and flags without their value', () => {
  assert.deepEqual(problems(['--htp-port', '--workers']), [
    '--htp-port: there is no such flag; did you mean --http-port? --help lists them',
    `--workers: needs a value; use ${settings.workers.format.allowed}`,
  ])
  const [isNone, follows] = ['there is no such flag', 'this word follows no flag']
  const port = 'did you mean --http-port? '
  for (const [argument, says] of [
    ['', `"": ${follows}; a flag`],
    ['-', `-: ${isNone}; --help`],
    ['--', `--: ${isNone}; --help`],
    ['http.port', `http.port: ${follows}; ${port}a flag`],
    ['--http.port=1', `--http.port=1: ${isNone}; ${port}--help`],
    ['--HTTP-PORT=1', `--HTTP-PORT=1: ${isNone}; ${port}--help`],
    ['--__proto__=1', `--__proto__=1: ${isNone}; --help`],
  ] as const) {
    const found = problems([argument])
    assert.ok(found.length === 1 && found[0]?.startsWith(says), found.join('\n'))
  }
})

test('entries of a file that are not settings', (t) => {
  const texts = {
    'workerz: 1': 'workerz',
    'http: 1': 'http',
    'http: {prt: 1}': 'http.prt',
    'workers: [1]': 'workers',
    'workers: {a: 1}': 'workers',
    'http: [1]': 'http',
    '__proto__: 1': '__proto__',
    '{"__proto__": {"workers": 1}}': '__proto__.workers',
    'constructor: {x: 1}': 'constructor.x',
    '- 1': 'config',
    'just text': 'config',
  }
  for (const [content, name] of Object.entries(texts)) {
    const file = createFile(t, content)
    const found = problems(['--config', file])
    assert.equal(found.length, 1, content)
    assert.ok(found[0]?.startsWith(`${name}: `), `${content}: ${found[0]}`)
    assert.ok(found[0]?.endsWith(`(from file ${file})`), found[0])
  }
})

test('the problem of a file without names and values says what it contains instead', (t) => {
  for (const [content, what] of [
    ['just text\nin two lines\n', 'plain text'],
    ['8080', 'plain text'],
    ['- http.port: 1', 'a list'],
  ] as const) {
    const file = createFile(t, content)
    assert.deepEqual(problems(['--config', file]), [
      `config: it holds ${what}, not settings; write each as name: value, such as http.port: 8080 (from file ${file})`,
    ])
  }
})

test('a missing file and one that is not YAML are one problem each, which names the file', (t) => {
  const broken = createFile(t, 'a: [1\nb: {')
  const cyclic = createFile(t, 'http: &a {b: *a}')
  for (const path of [broken, cyclic, `${broken}.missing`, '\0']) {
    const found = problems([`--config=${path}`])
    assert.equal(found.length, 1)
    assert.ok(found[0]?.startsWith(`config: file ${path} cannot be read`), found[0])
  }
})

test('a certificate needs its key, a key its certificate, and both exclude a self-signed one', () => {
  const both = ['--tls-cert-file=a', '--tls-key-file=b']
  assert.equal(load(both)['tls.keyFile'], 'b')
  for (const argv of [['--tls-cert-file=a'], ['--tls-key-file=b']]) {
    assert.match(problems(argv).join(), /^tls.certFile, tls.keyFile: [^,]*$/)
  }
  assert.match(problems([...both, '--tls-self-signed']).join(), /^tls.selfSigned: /)
  assert.equal(load([...both, '--tls-self-signed=false'])['tls.selfSigned'], false)
})

test('a certificate and a self-signed one are a problem in any spelling of true', () => {
  assert.match(
    problems(['--tls-cert-file=a', '--tls-key-file=b', '--tls-self-signed=1']).join(),
    /^tls.selfSigned: /,
  )
})

test('any arguments and any environment give a config or a list of sentences, never an exception', () => {
  const texts = fc.oneof(
    anyText(12),
    fc.constantFrom('true', '0', '1K', 'auto', '__proto__', '=', '--', '80', '10ms'),
  )
  // Not `config`: a random text could name a file of this machine.
  const others = names.filter((name) => name !== 'config')
  const argument = fc.oneof(
    texts.filter((text) => !text.startsWith('--config')),
    fc.constantFrom(...others.map(flagName)),
    fc.tuple(fc.constantFrom(...others), texts).map(([name, text]) => `${flagName(name)}=${text}`),
  )
  const variables = fc.dictionary(
    fc.oneof(fc.constantFrom(...others.map(environmentName)), fc.constant('__proto__')),
    texts,
  )
  const property = fc.property(fc.array(argument, { maxLength: 6 }), variables, (argv, env) => {
    const loaded = loadConfig(argv, env)
    if ('problems' in loaded) {
      assert.ok(loaded.problems.length > 0)
      for (const problem of loaded.problems) assert.match(problem, /^[^]*: [^]/)
    } else {
      assert.deepEqual(Object.keys(loaded.config), names)
      assert.deepEqual(Object.keys(loaded.origins), names)
    }
  })
  fc.assert(property, { numRuns: 300 })
})

test('a file of a directory that is not a setting is named, because it may be misspelt', (t) => {
  const directory = createDirectory(t, { 'log.levle': 'debug', 'notes.txt': '', '.hidden': 'x' })
  assert.deepEqual(problems(['--config', directory]), [
    `log.levle: is neither a setting nor a YAML or JSON file; did you mean log.level? --help lists them (from file ${directory}/log.levle)`,
    `notes.txt: is neither a setting nor a YAML or JSON file; --help lists them (from file ${directory}/notes.txt)`,
  ])
})

test('a wrong setting of a ConfigMap is named together with the ConfigMap', () => {
  const configMap = { place: 'configmap load/hpdummy', texts: { workers: 'many', htp: '1' } }
  const loaded = loadConfig([], {}, configMap)
  assert.deepEqual('problems' in loaded && loaded.problems, [
    'htp: is neither a setting nor a YAML or JSON file; --help lists them (from configmap load/hpdummy/htp)',
    `workers: "many" is wrong; use ${settings.workers.format.allowed} (from configmap load/hpdummy/workers)`,
  ])
})

test('two listeners on one port are a problem, which the kernel would not report', () => {
  assert.deepEqual(problems(['--wire-port=5000', '--grpc-port=5000', '--tcp-echo-port=5000']), [
    'wire.port, grpc.port, tcp.echoPort: all are 5000; use a port for each',
  ])
  assert.deepEqual(problems(['--admin-port=8080']), [
    'http.port, admin.port: all are 8080; use a port for each',
  ])
  for (const argv of [
    ['--wire-port=0', '--grpc-port=0'],
    ['--wire-port=none', '--grpc-port=none'],
    // UDP has ports of its own, TLS ports are closed without a certificate, addresses differ.
    ['--udp-echo-port=8080'],
    ['--https-port=8080'],
    ['--admin-port=8080', '--admin-host=127.0.0.1'],
  ]) {
    load(argv)
  }
  assert.match(
    problems(['--https-port=8080', '--tls-self-signed']).join(),
    /^http\.port, https\.port: /,
  )
})

test('the list of problems stays small and says how much it left out', (t) => {
  const lines = Array.from({ length: 9000 }, (_, index) => `n${index}: ${'v'.repeat(10)}\n`)
  const found = problems(['--config', createFile(t, lines.join(''))])
  assert.equal(found.length, 101)
  assert.equal(found.at(-1), 'config: there are 8900 more problems; mend these first')
  const long = problems([`--workers=${'9'.repeat(100_000)}`, '-'.repeat(100_000)])
  assert.ok(
    long.every(({ length }) => length < 300),
    long.join('\n'),
  )
  assert.match(long.join('\n'), /9\.\.\.\(100000 characters\)\.\.\.9/)
})

test('a secret that is wrong is not repeated', () => {
  assert.deepEqual(problems(['--admin-token=sesame\u0007']), [
    'admin.token: the value is wrong; use one line of visible ASCII characters (from --admin-token)',
  ])
})
