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

test('a reader that stops reading is no fault', async () => {
  const line = '"$0" app/main.ts --help | true; exit "${PIPESTATUS[0]}"'
  const { code, stderr } = await run('bash', ['-c', line, process.execPath])
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
})

test('a flag that npm takes for its own is noticed, and nothing is started', async () => {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
  const words = ['start', '--silent', '--http-port=1', '--log-requests', '--workers', '2']
  const { code, stdout, stderr } = await run('npm', words, { env })
  assert.deepEqual([code, stdout.toString()], [2, ''])
  for (const flag of ['--http-port', '--log-requests', '--workers']) {
    const says = `hpdummy: ${flag}: npm took this flag for one of its own; write -- before all flags: npm start -- ${flag} ...\n`
    assert.ok(stderr.includes(says), stderr)
  }
  const passed = await run('npm', ['start', '--silent', '--', '--http-port=1', '--print-config'], {
    env,
  })
  assert.match(passed.stdout.toString(), /^http\.port: 1 +# --http-port$/m)
})
