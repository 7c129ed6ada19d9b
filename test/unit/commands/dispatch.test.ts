import assert from 'node:assert/strict'
import { test } from 'node:test'

import { runCommand } from '../../../app/commands/dispatch.ts'
import { settingTopics } from '../../../app/commands/setting-list.ts'
import { commands } from '../../../app/commands/table.ts'
import {
  type SettingName,
  environmentName,
  flagName,
  settings,
} from '../../../app/config/settings.ts'

/** Runs the command line in a world of its own: what it printed, and the exit code. */
async function run(...argv: string[]): Promise<{ out: string; err: string; code: number }> {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await runCommand({
    argv,
    env: {},
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    version: '1.2.3',
    entry: new URL('file:///nowhere'),
    takeSignals: () => assert.fail('nothing is started'),
  })
  return { out: out.join(''), err: err.join(''), code }
}

test('the command line prints to the world it is given, and gives the exit code back', async () => {
  const exitCode = process.exitCode
  assert.deepEqual(await run('--version'), { out: 'hpdummy 1.2.3\n', err: '', code: 0 })
  assert.match((await run('--help')).out, /^hpdummy: /)
  assert.match((await run('--print-config')).out, /^http\.port: 8080 +# default$/m)
  const refused = await run('--http-port=none-such')
  assert.deepEqual([refused.code, refused.out], [2, ''])
  assert.match(refused.err, /^hpdummy: http\.port: .*none-such/)
  assert.equal(process.exitCode, exitCode)
})

test('words and flags that mean the same print the same', async () => {
  for (const [words, flags] of [
    [['version'], ['--version']],
    [['help'], ['--help']],
    [
      ['help', 'settings'],
      ['settings', '--help'],
    ],
    [
      ['help', 'serve'],
      ['serve', '-h'],
    ],
    [
      ['settings', 'print', '--http-port=1'],
      ['--http-port=1', '--print-config'],
    ],
    [
      ['settings', 'print', '--http-port=1'],
      ['serve', '--print-config', '--http-port=1'],
    ],
    [
      ['settings', 'explain', '--workers=1'],
      ['--explain-resources', '--workers=1'],
    ],
  ] as const) {
    const [one, other] = [await run(...words), await run(...flags)]
    assert.deepEqual(one, other)
    assert.deepEqual([one.code, one.err], [0, ''])
    assert.notEqual(one.out, '')
  }
})

test('settings list has every setting, and help has every command', async () => {
  const { out } = await run('settings', 'list')
  assert.match(out, /^ {2}--http-port +Fast listener.*\n +default 8080;.*HPDUMMY_HTTP_PORT$/m)
  const { out: help } = await run('help')
  for (const { name } of commands) {
    assert.match(help, new RegExp(`^  ${name} +[A-Z]`, 'm'))
    const { out: text } = await run(name, '--help')
    assert.match(text, /^hpdummy\b.*: [^]*\n\nUsage: hpdummy [^]*\nExamples\n {2}\S/)
  }
})

test('each topic, each first word of a setting and each setting is explained', async () => {
  const { out: help } = await run('help')
  const names = Object.keys(settings) as SettingName[]
  for (const { name, title } of settingTopics) {
    assert.ok(help.includes(`\n${title} (hpdummy help ${name})\n`), name)
    const { out } = await run('help', name)
    assert.ok(out.startsWith(`hpdummy help ${name}: ${title}\n\n`), out)
  }
  for (const name of names) {
    const [first = ''] = name.split('.')
    if (name !== first)
      assert.match((await run('help', first)).out, new RegExp(`^  ${flagName(name)} `, 'm'))
    const texts = new Set<string>()
    for (const word of [name, flagName(name), environmentName(name)]) {
      // `workers` and `config` are topics, too.
      if (!settingTopics.some((topic) => topic.name === word))
        texts.add((await run('help', word)).out)
    }
    assert.equal(texts.size, 1, name)
    assert.ok([...texts][0]?.includes(settings[name].format.allowed.split(' ', 1).join('')), name)
  }
})

test('every text of help fits a terminal of 100 columns', async () => {
  const subjects = commands.find(({ name }) => name === 'help')?.words ?? []
  assert.ok(subjects.length > commands.length)
  const names = Object.keys(settings)
  const firstWords = names.map((name) => name.split('.', 1).join(''))
  for (const subject of new Set([...subjects, ...names, ...firstWords])) {
    const { out, code } = await run('help', subject)
    assert.equal(code, 0, subject)
    assertNarrow(out)
  }
})

function assertNarrow(text: string): void {
  for (const line of text.split('\n')) assert.ok(line.length < 100, line)
}

test('a word that is no command is refused with the nearest one', async () => {
  for (const [words, sentence] of [
    [
      ['sttings'],
      'sttings: there is no such command; did you mean settings? use serve, verify, load,',
    ],
    [['banana'], 'banana: there is no such command; use serve, verify, load,'],
    [['settings'], 'settings: say which: print, explain, list'],
    [
      ['settings', 'pirnt'],
      'settings pirnt: there is no such settings command; did you mean settings print? use',
    ],
    [['help', 'serv'], 'help serv: there is no such help command; did you mean help serve?'],
    [['help', 'tsl'], 'help tsl: there is no such help command; did you mean help tls?'],
    [
      ['help', 'http.prot'],
      'help http.prot: there is no such help command; did you mean help http.port?',
    ],
    [[''], '"": there is no such command; use serve, verify, load,'],
    [['http.port=1'], 'http.port=1: there is no such command; did you mean --http-port? use serve'],
  ] as const) {
    const { code, out, err } = await run(...words)
    assert.deepEqual([code, out], [2, ''])
    assert.ok(err.startsWith(`hpdummy: ${sentence}`), err)
  }
})

test('words that a command has no use for are refused', async () => {
  for (const [words, sentence] of [
    [['version', 'banana'], 'version: takes no further words; leave out banana'],
    [['banana', '--version'], 'version: takes no further words; leave out banana'],
    [['--version', '--http-port=1'], 'version: takes no further words; leave out --http-port=1'],
    [['version', ''], 'version: takes no further words; leave out ""'],
    [['help', 'settings', 'foo'], 'help settings: takes no further words; leave out foo'],
    [['--help', 'settings', 'foo'], 'help settings: takes no further words; leave out foo'],
    [['serve', 'banana'], 'banana: this word follows no flag; a flag begins with --'],
    [['serve', 'http-port=1'], 'http-port=1: this word follows no flag; did you mean --http-port?'],
    [['settings', 'print', 'foo'], 'foo: this word follows no flag;'],
    [
      ['--http-port=1', 'settings', 'print'],
      'settings: this command comes after a flag; write it first: hpdummy settings',
    ],
  ] as const) {
    const { code, out, err } = await run(...words)
    assert.deepEqual([code, out], [2, ''], words.join(' '))
    assert.ok(err.startsWith(`hpdummy: ${sentence}`), err)
    assert.equal(err.trimEnd().split('\n').length, 1, err)
  }
})

test('a value that is named like a command is a value', async () => {
  const { code, out } = await run('--tcp-greeting', 'help', '--print-config')
  assert.equal(code, 0)
  assert.match(out, /^tcp\.greeting: help +# --tcp-greeting$/m)
})

test('a word that is no command and without end is shown in part', async () => {
  const { code, err } = await run('x'.repeat(100_000))
  assert.equal(code, 2)
  assert.ok(err.length < 200, `${err.length}`)
})

test('completion prints a script for each shell, and asks for one that it knows', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out } = await run('completion', shell)
    for (const { name, flags = [] } of commands) {
      assert.ok(out.includes(name), `${shell}: ${name}`)
      for (const flag of flags)
        assert.ok(out.includes(flag.name.slice(2)), `${shell}: ${name} ${flag.name}`)
    }
    for (const name of Object.keys(settings))
      assert.ok(out.includes(flagName(name).slice(2)), `${shell}: ${name}`)
  }
  assert.match((await run('completion')).err, /^hpdummy: completion: say which: bash, zsh, fish$/m)
  assert.match((await run('completion', 'fihs')).err, /did you mean completion fish\? use bash/)
  assert.equal((await run('completion', 'bash', 'now')).code, 2)
})
