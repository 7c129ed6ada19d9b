import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { runCommand } from '../../app/commands/dispatch.ts'
import { commands } from '../../app/commands/table.ts'
import { readVerifyOptions } from '../../app/commands/verify-options.ts'
import { commandFlags } from '../../app/config/flags.ts'
import { loadConfig } from '../../app/config/load.ts'
import { readPlan } from '../../app/load/plan/read-plan.ts'
import {
  anchorsOf,
  documents,
  linksOf,
  ownCommandsOf,
  wordsOfCommand,
} from '../support/documents.ts'

for (const file of documents) {
  test(`every link of ${file} leads somewhere`, () => {
    const broken = linksOf(file, readFileSync(file, 'utf8')).flatMap(({ target, path, anchor }) => {
      if (path === undefined)
        return /^https?:\/\/[\w.-]+(?::\d+)?(?:\/|$)/.test(target) ? [] : [target]
      if (!existsSync(path)) return [`${target}: no such file`]
      if (anchor === undefined) return []
      return anchorsOf(readFileSync(path, 'utf8')).has(anchor) ? [] : [`${target}: no such heading`]
    })
    assert.deepEqual(broken, [])
  })
}

test('every page of docs can be reached from the README', () => {
  const reached = new Set(['README.md'])
  for (const file of reached) {
    const links = linksOf(file, readFileSync(file, 'utf8'))
    for (const { path } of links) if (path?.endsWith('.md') === true) reached.add(path)
  }
  assert.deepEqual(
    documents.filter((file) => file.startsWith('docs/') && !reached.has(file)),
    [],
  )
})

test('a link is found in prose and in HTML, and not in code', () => {
  const text = 'See [a](b.md#c), <img src="d.png"> and `[no](link)`.\n```\n[no](link)\n```\n'
  assert.deepEqual(
    linksOf('docs/x.md', text).map(({ path, anchor }) => [path, anchor]),
    [
      ['docs/b.md', 'c'],
      ['docs/d.png', undefined],
    ],
  )
})

test('anchors are those that GitHub makes', () => {
  const text =
    '# Is it `fast`?\n## TCP and UDP\n## TCP and UDP\n```sh\n# no heading\n```\n## [A](b) c/d\n'
  assert.deepEqual([...anchorsOf(text)], ['is-it-fast', 'tcp-and-udp', 'tcp-and-udp-1', 'a-cd'])
})

/** What is wrong with a command line of ours; it is read as the program reads it, and sends and serves nothing. */
async function problemsOf([word = '', ...argv]: readonly string[]): Promise<readonly string[]> {
  const isMention = argv.length === 0 && commands.some(({ name }) => name === word)
  if (isMention || word === 'X') return []
  if (argv.includes('--help')) return printed([word, ...argv])
  if (word === 'load') return problemsIn(readPlan(argv))
  if (word === 'verify') {
    const options = readVerifyOptions(argv)
    return 'url' in options ? [] : options
  }
  const isServing = word === '' || word === 'serve' || word.startsWith('-')
  if (!isServing || commandFlags.some((flag) => flag === word)) return printed([word, ...argv])
  const flags = [word, ...argv].filter((one) => one !== '' && one !== 'serve')
  return problemsIn(loadConfig(flags, {}))
}

function problemsIn(read: object): readonly string[] {
  return 'problems' in read ? (read.problems as readonly string[]) : []
}

async function printed(argv: readonly string[]): Promise<readonly string[]> {
  const problems: string[] = []
  const code = await runCommand({
    argv,
    env: {},
    stdout: { write: () => {} },
    stderr: { write: (text) => problems.push(text) },
    version: '1.2.3',
    entry: new URL('file:///nowhere'),
    takeSignals: () => assert.fail('nothing is started'),
  })
  return code === 0 ? [] : problems
}

async function wrongIn(lines: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    lines.map(async (line) =>
      (await problemsOf(wordsOfCommand(line))).map((one) => `${line}: ${one}`),
    ),
  )
  // Files that an example names are not there.
  return found.flat().filter((problem) => !problem.includes('ENOENT'))
}

test('every command line of ours that a document shows is one that the program takes', async () => {
  const lines = documents.flatMap((file) => ownCommandsOf(readFileSync(file, 'utf8')))
  for (const start of [
    'hpdummy load',
    'hpdummy verify',
    'npm start -- load',
    'npm start -- verify',
    'npm start -- --',
  ])
    assert.ok(
      lines.some((line) => line.startsWith(start)),
      start,
    )
  assert.deepEqual(await wrongIn(lines), [])
})

test('so is every flag that the pages of load and verify name', async () => {
  for (const command of ['load', 'verify']) {
    const text = readFileSync(`docs/${command}.md`, 'utf8')
    // --set is Helm's.
    const flags = [...text.matchAll(/`(--(?!set )[^`\n]+)`/g)].map(([, code = '']) => code)
    assert.ok(flags.length > 0, command)
    const lines = flags.map((code) => `hpdummy ${command} http://localhost ${code}`)
    // A flag may be named without its value.
    const wrong = (await wrongIn(lines)).filter((problem) => !problem.includes(': needs a value'))
    assert.deepEqual(wrong, [])
  }
})

test('and every example of a help text', async () => {
  for (const { name, help } of commands) {
    const lines = [...(await help()).matchAll(/^ {2}(hpdummy .*?)(?: {2}|$)/gm)]
    assert.ok(lines.length > 0, name)
    assert.deepEqual(await wrongIn(lines.map(([, line = '']) => line)), [], name)
  }
})

test('a command is taken apart as a shell does it, and a wrong one is found', async () => {
  assert.deepEqual(
    wordsOfCommand('npm start -- load a#b --fail=\'p99>2ms\' -H "X: y" > card.json  # why'),
    ['load', 'a#b', '--fail=p99>2ms', '-H', 'X: y'],
  )
  const text =
    '```sh\nhpdummy load \\\n  --rat=1\ncurl x\n```\n`npm start -- --http-prot=1` `hpdummyx`\n'
  const lines = ownCommandsOf(text)
  assert.deepEqual(lines, ['hpdummy load  --rat=1', 'npm start -- --http-prot=1'])
  const wrong = await wrongIn(lines)
  assert.match(wrong.join('\n'), /did you mean --rate\?[^]*did you mean --http-port\?/)
})
