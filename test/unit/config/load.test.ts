import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { type Origins, loadConfig } from '../../../app/config/load.ts'
import {
  showSetting,
  type Config,
  type SettingName,
  environmentName,
  flagName,
  settings,
} from '../../../app/config/settings.ts'
import { createDirectory, createFile } from '../../support/directory.ts'

type Env = Readonly<Record<string, string>>

const names = Object.keys(settings) as SettingName[]

function load(argv: readonly string[], env: Env = {}): { config: Config; origins: Origins } {
  const loaded = loadConfig(argv, env)
  if ('problems' in loaded) return assert.fail(loaded.problems.join('\n'))
  return loaded
}

// For settings that have no default to write.
const samples: Readonly<Partial<Record<SettingName, string>>> = {
  'grpc.status': 'UNAVAILABLE:5,INTERNAL:0.5',
  'grpc.resetStream': 'CANCEL',
  'identity.pod': 'hpdummy-7d9f-x2x4z',
  'identity.namespace': 'load',
  'identity.node': 'node-1',
  'identity.zone': 'eu-1a',
  'identity.version': '1.2.3-canary',
  'cors.origin': 'https://app.example.com',
  scenario: '{name: a, steps: [{hp: delay=1ms}]}',
  'defaults.hp': 'delay=10ms:5; status=503:1',
  'quota.cpus': '1.5',
  'quota.memory': '256M',
  'kubernetes.configMap': 'load/hpdummy',
}

suite('defaults and spellings', () => {
  test('without anything, every setting has its default and says so', () => {
    const { config, origins } = load([])
    for (const name of names) {
      assert.equal(config[name], settings[name].value, name)
      assert.equal(origins[name], 'default', name)
    }
  })

  test('the defaults are those of the contract', () => {
    const { config } = load([])
    const contract: Partial<Config> = {
      config: undefined,
      'http.host': '::',
      'http.port': 8080,
      'https.port': 8443,
      'admin.host': '::',
      'admin.port': 9000,
      'tls.selfSigned': false,
      workers: 'auto',
      'buffer.size': 256 * 1024,
      'log.level': 'info',
      'log.format': 'auto',
      'drain.quiet': 2000,
      'drain.notice': 10_000,
      'drain.deadline': 30_000,
      'limits.delay': 3_600_000,
      'limits.payload': Number.POSITIVE_INFINITY,
      'limits.body': Number.POSITIVE_INFINITY,
      'limits.headerBytes': 64 * 1024,
      'limits.count': 10_000_000,
      'echo.bodyLimit': 2 ** 20,
    }
    for (const [name, value] of Object.entries(contract)) {
      assert.equal(config[name as SettingName], value, name)
    }
  })

  test('the config is frozen', () => {
    assert.ok(Object.isFrozen(load([]).config))
  })

  test('camel case splits at its humps in flags and the environment', () => {
    assert.equal(environmentName('http.port'), 'HPDUMMY_HTTP_PORT')
    assert.equal(environmentName('tls.selfSigned'), 'HPDUMMY_TLS_SELF_SIGNED')
    assert.equal(environmentName('limits.connectionsPerIp'), 'HPDUMMY_LIMITS_CONNECTIONS_PER_IP')
    assert.equal(flagName('http.port'), '--http-port')
    assert.equal(flagName('tls.selfSigned'), '--tls-self-signed')
    assert.equal(flagName('workers'), '--workers')
    assert.equal(environmentName('heap.oldMiB'), 'HPDUMMY_HEAP_OLD_MIB')
    assert.equal(flagName('heap.oldMiB'), '--heap-old-mib')
  })

  test('no two settings have the same spelling', () => {
    assert.equal(new Set(names.map(environmentName)).size, names.length)
    assert.equal(new Set(names.map(flagName)).size, names.length)
  })

  test('every setting is read from a flag, after = or a space, and from the environment', () => {
    const shownByName = new Map(
      names.map((name) => [name, showSetting(name, settings[name].value) ?? samples[name] ?? 'x']),
    )
    // Settings that mean nothing without others are refused alone; config-problems.test.ts has them.
    const dependent = new Set([
      'tls.certFile',
      'tls.keyFile',
      'tls.clientCaFile',
      'tls.sniDirectory',
    ])
    for (const [name, shown] of shownByName) {
      if (name === 'config' || dependent.has(name)) continue
      const expected = settings[name].format.parse(shown)
      const [flagText, variable] = [flagName(name), environmentName(name)]
      for (const argv of [[flagText, shown], [`${flagText}=${shown}`]]) {
        const { config, origins } = load(argv)
        assert.equal(config[name], expected, name)
        assert.equal(origins[name], flagText)
      }
      const { config, origins } = load([], { [variable]: shown })
      assert.equal(config[name], expected, name)
      assert.equal(origins[name], variable)
    }
  })

  test('a flag without a value is true, before another flag and at the end', () => {
    assert.equal(load(['--tls-self-signed']).config['tls.selfSigned'], true)
    const { config } = load(['--tls-self-signed', '--workers', '2'])
    assert.equal(config['tls.selfSigned'], true)
    assert.equal(config.workers, 2)
    assert.equal(load(['--tls-self-signed', 'false']).config['tls.selfSigned'], false)
    assert.equal(load(['--tls-self-signed=false']).config['tls.selfSigned'], false)
  })

  test('an empty variable counts as unset, and other variables with the prefix are ignored', () => {
    const { origins } = load([], { HPDUMMY_WORKERS: '', HPDUMMY_SERVICE_HOST: 'x', WORKERS: '3' })
    assert.equal(origins.workers, 'default')
  })

  test('variables for a Service with our name are not settings, and other nonsense is a problem', () => {
    for (const scheme of ['tcp', 'udp', 'sctp']) {
      const { origins } = load([], { HPDUMMY_HTTP_PORT: `${scheme}://10.0.0.1:80` })
      assert.equal(origins['http.port'], 'default')
    }
    assert.ok('problems' in loadConfig([], { HPDUMMY_HTTP_PORT: 'http://10.0.0.1:80' }))
    assert.ok('problems' in loadConfig(['--http-port=tcp://10.0.0.1:80'], {}))
  })

  test('the last of two flags wins', () => {
    assert.equal(load(['--workers=2', '--workers=3']).config.workers, 3)
  })
})

suite('files', () => {
  test('a flag beats the environment, which beats the file, which beats the default', (t) => {
    const file = createFile(t, 'workers: 2\nhttp: {port: 2, host: "127.0.0.2"}\nadmin.port: 2\n')
    const env = { HPDUMMY_CONFIG: file, HPDUMMY_WORKERS: '3', HPDUMMY_HTTP_PORT: '3' }
    const { config, origins } = load(['--workers=4'], env)
    assert.deepEqual(
      [config.workers, config['http.port'], config['http.host'], config['admin.port']],
      [4, 3, '127.0.0.2', 2],
    )
    assert.deepEqual(
      [origins.workers, origins['http.port'], origins['http.host'], origins['https.port']],
      ['--workers', 'HPDUMMY_HTTP_PORT', `file ${file}`, 'default'],
    )
    assert.equal(config.config, file)
  })

  test('names may be dotted, nested or both, in YAML or JSON', (t) => {
    const texts = [
      'limits.payload: 1G\n',
      'limits:\n  payload: 1G\n',
      '{"limits": {"payload": "1G"}}',
      '{"limits.payload": 1073741824}',
    ]
    for (const content of texts) {
      assert.equal(
        load(['--config', createFile(t, content)]).config['limits.payload'],
        2 ** 30,
        content,
      )
    }
    assert.equal(load(['--config', createFile(t, '{"workers": 2}', 'a.json')]).config.workers, 2)
  })

  test('values may be the scalars of YAML', (t) => {
    const file = createFile(
      t,
      'tls.selfSigned: true\nworkers: "7"\ndrain.quiet: 1.5\nlimits.body: none\n',
    )
    const { config } = load(['--config', file])
    assert.equal(config['tls.selfSigned'], true)
    assert.equal(config.workers, 7)
    assert.equal(config['drain.quiet'], 1.5)
    assert.equal(config['limits.body'], Number.POSITIVE_INFINITY)
  })

  test('an empty file, and a section without entries, set nothing', (t) => {
    for (const content of ['', '# only a comment\n', 'http:\n', '{}']) {
      const { config, ...others } = load(['--config', createFile(t, content)]).origins
      assert.equal(config, '--config')
      assert.deepEqual(new Set(Object.values(others)), new Set(['default']), content)
    }
  })

  test('all YAML and JSON files of a directory count, in the order of their names', (t) => {
    const directory = createDirectory(t, {
      '20-later.yml': 'workers: 3\n',
      '10-first.yaml': 'workers: 2\nhttp.port: 10\n',
      '15.json': '{"admin.port": 15}',
      '.hidden.yaml': 'workers: 9\n',
    })
    const { config, origins } = load(['--config', directory])
    assert.deepEqual([config.workers, config['http.port'], config['admin.port']], [3, 10, 15])
    assert.equal(origins.workers, `file ${join(directory, '20-later.yml')}`)
    assert.deepEqual(load(['--config', createDirectory(t, {})]).config.workers, 'auto')
  })

  test('a file named as a setting holds its value, as the keys of a ConfigMap do', (t) => {
    const directory = createDirectory(t, {
      'log.level': 'debug\n',
      'limits.delay': '1h',
      'more.yaml': 'log.level: warn\nworkers: 2\n',
    })
    const { config, origins } = load(['--config', directory])
    assert.deepEqual(
      [config['log.level'], config['limits.delay'], config.workers],
      ['warn', 3_600_000, 2],
    )
    assert.equal(origins['limits.delay'], `file ${join(directory, 'limits.delay')}`)
  })

  test('a ConfigMap replaces the file, below environment and flags', (t) => {
    const file = createFile(t, 'workers: 7\nbuffer.size: 1M\n')
    const texts = { workers: '2', 'log.level': 'debug', 'app.yaml': 'echo: { bodyLimit: 1K }' }
    const configMap = { place: 'configmap load/hpdummy', texts }
    const loaded = loadConfig(['--config', file, '--log-level=warn'], {}, configMap)
    assert.ok('config' in loaded)
    const { config, origins } = loaded
    assert.deepEqual([config.workers, config['log.level']], [2, 'warn'])
    assert.deepEqual([config['echo.bodyLimit'], config['buffer.size']], [1024, 256 * 1024])
    assert.equal(origins.workers, 'configmap load/hpdummy/workers')
  })

  test('a directory as Kubernetes mounts a ConfigMap is read once', (t) => {
    const directory = createDirectory(t, {})
    mkdirSync(join(directory, '..2024_01_01'))
    writeFileSync(join(directory, '..2024_01_01', 'app.yaml'), 'workers: 5\n')
    symlinkSync('..2024_01_01', join(directory, '..data'))
    symlinkSync(join('..data', 'app.yaml'), join(directory, 'app.yaml'))
    assert.equal(load(['--config', directory]).config.workers, 5)
  })
})

suite('values as they are written', () => {
  test('a token is its text in any place, without the line end', (t) => {
    const written: readonly (readonly [string, string])[] = [
      ['admin: {token: 00012345}', '00012345'],
      ['admin.token: 1.10', '1.10'],
      ['admin.token: 98765432109876543210', '98765432109876543210'],
      ['admin.token: "abc\\n"', 'abc'],
      ['admin.token: |\n  abc\n', 'abc'],
      ['{"admin": {"token": "True"}}', 'True'],
    ]
    for (const [text, token] of written) {
      assert.equal(load(['--config', createFile(t, text)]).config['admin.token'], token, text)
    }
    for (const end of ['\n', '\r\n', ' \n\n']) {
      const files = createDirectory(t, { 'admin.token': `abc${end}` })
      assert.equal(load(['--config', files]).config['admin.token'], 'abc')
      assert.equal(load([], { HPDUMMY_ADMIN_TOKEN: `abc${end}` }).config['admin.token'], 'abc')
      assert.equal(load([`--admin-token=abc${end}`]).config['admin.token'], 'abc')
    }
    assert.equal(load([], { HPDUMMY_ADMIN_TOKEN: '\n' }).config['admin.token'], undefined)
  })

  test("a number or truth in YAML's other spellings is what YAML says it is", (t) => {
    const file = createFile(t, 'limits.count: 1e+06\nhttp.port: 0x50\nlog.requests: True\n')
    const { config } = load(['--config', file])
    assert.deepEqual(
      [config['limits.count'], config['http.port'], config['log.requests']],
      [1_000_000, 80, true],
    )
  })
})
