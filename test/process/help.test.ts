import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { test } from 'node:test'

import {
  type SettingName,
  environmentName,
  flagName,
  settings,
  showSetting,
} from '../../app/config/settings.ts'
import { run, runHpdummy } from '../support/programs.ts'

test('--help shows every setting with its flag, environment variable, default and meaning', async () => {
  const { code, stdout, stderr } = await runHpdummy(['--help'])
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  const text = stdout.toString()
  for (const name of Object.keys(settings) as SettingName[]) {
    const { doc, value } = settings[name]
    const at = text.indexOf(`\n  ${flagName(name)} `)
    assert.notEqual(at, -1, `${name} is missing`)
    // Up to the next flag or heading, without the breaks of lines.
    const [row = ''] = text.slice(at + 1).split(/\n(?! {4})/)
    const said = row.replaceAll(/\s+/g, ' ')
    const start = ` ${flagName(name)} ${doc} default ${showSetting(name, value) ?? 'none'}; `
    assert.ok(said.startsWith(start), `${said}\ndoes not start with\n${start}`)
    assert.ok(said.endsWith(`; ${environmentName(name)}`), `${name}: ${said}`)
  }
  for (const line of [
    /--http-port .*\n.*default 8080;.*HPDUMMY_HTTP_PORT/,
    /--tls-self-signed .*\n.*default false;.*HPDUMMY_TLS_SELF_SIGNED/,
    /--buffer-size .*\n.*default 256K; a size from 64K to 4M;.*HPDUMMY_BUFFER_SIZE/,
    /--drain-deadline .*\n.*default 30s;.*HPDUMMY_DRAIN_DEADLINE/,
    /--print-config/,
    /--version/,
  ]) {
    assert.match(text, line)
  }
})

test('--help fits a terminal of 100 columns, and explains units once', async () => {
  const text = (await runHpdummy(['--help'])).stdout.toString()
  const widest = Math.max(...text.split('\n').map((line) => line.length))
  assert.ok(widest < 100, `${widest} columns`)
  assert.equal(text.match(/milliseconds/g)?.length, 1)
})

test('a reader that stops reading is not an error', async () => {
  const line = '"$0" app/main.ts --help | true; exit "${PIPESTATUS[0]}"'
  const { code, stderr } = await run('bash', ['-c', line, process.execPath])
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
})

const npmEnvironment = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
}

test('a flag that npm takes for its own is noticed, and nothing is started', async () => {
  for (const [words, start, flags] of [
    [
      ['start', '--http-port=1', '--log-requests', '--workers', '2'],
      'npm start --',
      ['--http-port', '--log-requests', '--workers'],
    ],
    [
      ['start', 'load', 'localhost:1', '--rate=500', '--body-size=1K'],
      'npm start -- load ...',
      ['--rate', '--body-size'],
    ],
    [['start', 'verify', 'localhost:1', '--groups=R'], 'npm start -- verify ...', ['--groups']],
    [['run', 'start:compare', '--workers=2'], 'npm run start:compare --', ['--workers']],
  ] as const) {
    const { code, stdout, stderr } = await run('npm', [...words, '--silent'], {
      env: npmEnvironment,
    })
    assert.deepEqual([code, stdout.toString()], [2, ''], words.join(' '))
    const says = flags.map(
      (flag) =>
        `hpdummy: ${flag}: npm took this flag for one of its own; write -- before all flags: ${start} ${flag} ...\n`,
    )
    assert.deepEqual(stderr.split(/(?<=\n)/).toSorted(), says.toSorted())
  }
})

test('npm passes flags on after --, and entries of .npmrc are not ours', async () => {
  const words = ['start', '--silent', '--progress=false', '--', '--http-port=1', '--print-config']
  const { stdout, stderr } = await run('npm', words, { env: npmEnvironment })
  assert.match(stdout.toString(), /^http\.port: 1 +# --http-port$/m, stderr)
  const load = ['start', '--silent', '--progress=false', 'load', 'ftp://a']
  const refused = await run('npm', load, { env: npmEnvironment })
  assert.match(refused.stderr, /^hpdummy: load: "ftp:\/\/a" is no URL/)
})
