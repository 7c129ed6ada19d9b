import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { parse as parseYaml } from 'yaml'

import { startOrigin } from '../support/origin.ts'
import { occupyPort } from '../support/ports.ts'
import { createDirectory, runHpdummy } from '../support/programs.ts'

/** For starts that should fail: if one does not, it is in nobody's way. */
const quietFlags =
  '--http-host=127.0.0.1 --http-port=0 --https-port=0 --admin-host=127.0.0.1 --admin-port=0 --workers=1'.split(
    ' ',
  )

/** What --print-config says: values by setting, and where each came from. */
async function printedConfig(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{
  values: Record<string, string | number | boolean>
  origins: Record<string, string>
  text: string
}> {
  const { code, stdout, stderr } = await runHpdummy([...words, '--print-config'], env)
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  const text = stdout.toString()
  const origins = Object.fromEntries(
    [...text.matchAll(/^(?:# )?([\w.]+):.*# (.*)$/gm)].map((line) => [
      line[1] ?? '',
      line[2] ?? '',
    ]),
  )
  return { values: parseYaml(text) as Record<string, string | number | boolean>, origins, text }
}

suite('what the command line prints', { concurrency: 2 }, () => {
  test('--version says the version of package.json', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    const { code, stdout } = await runHpdummy(['--version'])
    assert.deepEqual({ code, text: stdout.toString() }, { code: 0, text: `hpdummy ${version}\n` })
  })

  test('--print-config shows every value and where it came from, and loads again as a file', async (t) => {
    const first = await printedConfig(
      ['--drain-notice=1.5s', '--limits-body', '10G', '--http-host', '::1', '--tls-self-signed'],
      { HPDUMMY_BUFFER_SIZE: '1M', HPDUMMY_LIMITS_COUNT: '5K' },
    )
    assert.equal(first.values['buffer.size'], '1M')
    assert.equal(first.values['http.host'], '::1')
    assert.equal(first.values['http.port'], 8080)
    assert.equal(first.values['tls.selfSigned'], true)
    assert.equal(first.values['drain.notice'], '1500ms')
    assert.equal(first.values['limits.count'], 5000)
    assert.equal(first.values['limits.payload'], 'none')
    assert.equal(first.origins['drain.notice'], '--drain-notice')
    assert.equal(first.origins['buffer.size'], 'HPDUMMY_BUFFER_SIZE')
    assert.equal(first.origins['http.port'], 'default')

    const file = join(createDirectory(t), 'printed.yaml')
    writeFileSync(file, first.text)
    const again = await printedConfig(['--config', file])
    assert.deepEqual({ ...again.values, config: undefined }, { ...first.values, config: undefined })
    assert.equal(again.origins['buffer.size'], `file ${file}`)
  })
})

suite('where settings come from', { concurrency: 2 }, () => {
  test('a flag wins over the environment, that over a file, that over the default', async (t) => {
    const file = join(createDirectory(t), 'app.yaml')
    writeFileSync(file, 'http: { port: 1111 }\n')
    const fromFile = ['--config', file]
    const fromEnvironment = { HPDUMMY_HTTP_PORT: '2222' }
    const all = await Promise.all([
      printedConfig([]),
      printedConfig(fromFile),
      printedConfig(fromFile, fromEnvironment),
      printedConfig([...fromFile, '--http-port=3333'], fromEnvironment),
      printedConfig([], { HPDUMMY_CONFIG: file }),
    ])
    assert.deepEqual(
      all.map(({ values, origins }) => [values['http.port'], origins['http.port']]),
      [
        [8080, 'default'],
        [1111, `file ${file}`],
        [2222, 'HPDUMMY_HTTP_PORT'],
        [3333, '--http-port'],
        [1111, `file ${file}`],
      ],
    )
  })

  test('a directory of YAML, JSON and single settings is read as Kubernetes mounts it', async (t) => {
    // A mounted ConfigMap: links through ..data into a directory with the time in its name.
    const directory = createDirectory(t)
    const mounted = join(directory, '..2026_01_02_03_04_05.678')
    mkdirSync(mounted)
    writeFileSync(join(mounted, 'app.yaml'), 'http:\n  port: 1234\ndrain.quiet: 3s\n')
    writeFileSync(join(mounted, 'more.json'), '{"echo": {"bodyLimit": "2M"}, "log.level": "warn"}')
    writeFileSync(join(mounted, 'limits.delay'), '2h\n')
    symlinkSync('..2026_01_02_03_04_05.678', join(directory, '..data'))
    for (const name of ['app.yaml', 'more.json', 'limits.delay']) {
      symlinkSync(join('..data', name), join(directory, name))
    }
    writeFileSync(join(directory, '..old.yaml'), 'http.port: 9999\n')
    const { values, origins } = await printedConfig(['--config', directory])
    assert.equal(values['http.port'], 1234)
    assert.equal(values['drain.quiet'], '3s')
    assert.equal(values['limits.delay'], '2h')
    assert.equal(values['echo.bodyLimit'], '2M')
    assert.equal(values['log.level'], 'warn')
    assert.match(origins['http.port'] ?? '', /^file \S+app\.yaml$/)
  })

  test("the variables Kubernetes makes of the origin's own Service are not settings", async () => {
    const { values } = await printedConfig([], {
      HPDUMMY_SERVICE_HOST: '10.0.0.1',
      HPDUMMY_SERVICE_PORT: '8080',
      HPDUMMY_SERVICE_PORT_HTTP: '8080',
      HPDUMMY_PORT: 'tcp://10.0.0.1:8080',
      HPDUMMY_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      HPDUMMY_PORT_8080_TCP_ADDR: '10.0.0.1',
    })
    assert.equal(values['http.port'], 8080)
    assert.equal(values['http.host'], '::')
  })

  test('the variables Kubernetes makes of Services named hpdummy-http and hpdummy-admin are no settings', async () => {
    const { values } = await printedConfig([], {
      HPDUMMY_HTTP_PORT: 'tcp://10.0.0.1:80',
      HPDUMMY_ADMIN_PORT: 'tcp://10.0.0.2:80',
    })
    assert.deepEqual([values['http.port'], values['admin.port']], [8080, 9000])
  })
})

test('a mistyped variable is warned of in the log of the start, and beside what settings print shows', async (t) => {
  const env = { HPDUMMY_HTTP_PROT: '1' }
  const warning =
    'HPDUMMY_HTTP_PROT: no setting has this variable, so it has no effect; did you mean HPDUMMY_HTTP_PORT? --help lists them'
  const { log } = await startOrigin(t, {}, env)
  const line = log.find(({ msg }) => msg === warning)
  assert.equal(line?.['level'], 'warn')
  const { code, stderr } = await runHpdummy(['settings', 'print'], env)
  assert.deepEqual({ code, stderr }, { code: 0, stderr: `hpdummy: ${warning}\n` })
})

suite('bad settings', { concurrency: 2 }, () => {
  test('all bad values are reported together: setting, value, what is allowed, where it came from', async (t) => {
    const file = join(createDirectory(t), 'bad.yaml')
    writeFileSync(
      file,
      'http: { port: eighty }\nbuffer.size: 1K\nnot.a.setting: 1\nlog: { level: [a] }\n',
    )
    const { code, stdout, stderr } = await runHpdummy(
      [
        '--config',
        file,
        '--workers=0',
        '--drain-notice',
        'soon',
        '--no-such-flag',
        '--tls-cert-file=a.pem',
      ],
      { HPDUMMY_LIMITS_BODY: '-1', HPDUMMY_TLS_SELF_SIGNED: 'maybe' },
    )
    assert.equal(code, 2)
    assert.equal(stdout.toString(), '')
    for (const line of [
      `http.port: "eighty" is wrong; use a port from 0 (any free one) to 65535 (from file ${file})`,
      `buffer.size: "1K" is wrong; use a size from 64K to 4M (from file ${file})`,
      `not.a.setting: is not a setting; --help lists them (from file ${file})`,
      `log.level: takes one value (from file ${file})`,
      'workers: "0" is wrong; use auto, or an integer from 1 to 256 (from --workers)',
      'drain.notice: "soon" is wrong; use a time such as 250ms, 10s or 1h',
      '--no-such-flag: there is no such flag; --help lists them',
      'limits.body: "-1" is wrong; use a size such as 256K or 10G, or none (from HPDUMMY_LIMITS_BODY)',
      'tls.selfSigned: "maybe" is wrong; use true or false (from HPDUMMY_TLS_SELF_SIGNED)',
      'tls.certFile, tls.keyFile: one is set without the other; set both or neither',
    ]) {
      assert.ok(stderr.includes(`hpdummy: ${line}`), `${line}\nis not in\n${stderr}`)
    }
    assert.equal(stderr.trim().split('\n').length, 10, stderr)
  })

  const refused: readonly (readonly [what: string, words: readonly string[], says: RegExp])[] = [
    [
      'an unknown flag',
      ['--http-prot=1'],
      /--http-prot=1: there is no such flag; did you mean --http-port\?/,
    ],
    ['a word too many', ['version', 'banana'], /version: takes no further words; leave out banana/],
    ['a flag without its value', ['--http-port'], /--http-port: needs a value; use a port/],
    [
      'a file that is not there',
      ['--config', 'no/such/file.yaml'],
      /config: file no\/such\/file\.yaml cannot be read.*ENOENT/,
    ],
    [
      'a key file without a certificate',
      ['--tls-key-file=key.pem'],
      /tls\.certFile, tls\.keyFile: one is set without/,
    ],
  ]
  for (const [what, words, says] of refused) {
    test(`${what} is refused with a sentence and exit code 2`, async () => {
      const { code, stdout, stderr } = await runHpdummy(words)
      assert.match(stderr, says)
      assert.deepEqual({ code, stdout: stdout.toString() }, { code: 2, stdout: '' })
    })
  }

  test('a file that is not YAML is refused, naming the file', async (t) => {
    const file = join(createDirectory(t), 'broken.yaml')
    writeFileSync(file, 'http: [unclosed\n')
    const { code, stderr } = await runHpdummy(['--config', file])
    assert.equal(code, 2)
    assert.match(
      stderr,
      /^hpdummy: config: file \S+broken\.yaml cannot be read as YAML or JSON: \S/,
    )
  })
})

suite('what keeps the origin from starting', { concurrency: 2 }, () => {
  test('a traffic port in use ends the start with exit code 1 and a sentence that names it', async (t) => {
    const { port, release } = await occupyPort()
    t.after(release)
    const { code, stdout, stderr } = await runHpdummy([
      ...quietFlags,
      '--workers=2',
      `--http-port=${port}`,
    ])
    assert.equal(code, 1)
    assert.match(
      `${stdout.toString()}${stderr}`,
      new RegExp(`cannot listen on 127\\.0\\.0\\.1 port ${port}:`),
    )
  })

  test('an admin port in use ends the start with exit code 1 and a sentence that names it', async (t) => {
    const { port, release } = await occupyPort()
    t.after(release)
    const { code, stdout, stderr } = await runHpdummy([...quietFlags, `--admin-port=${port}`])
    assert.equal(code, 1)
    assert.match(
      `${stdout.toString()}${stderr}`,
      new RegExp(`admin: cannot listen on 127\\.0\\.0\\.1 port ${port}:`),
    )
  })

  test('a certificate that cannot be read ends the start with a sentence that names the file', async () => {
    const { code, stdout, stderr } = await runHpdummy([
      ...quietFlags,
      '--tls-cert-file=no/such/cert.pem',
      '--tls-key-file=no/such/key.pem',
    ])
    assert.notEqual(code, 0)
    assert.match(`${stdout.toString()}${stderr}`, /no\/such\/cert\.pem/)
    assert.doesNotMatch(`${stdout.toString()}${stderr}`, /\bat new |node_modules/)
  })
})
