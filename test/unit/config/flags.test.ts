import assert from 'node:assert/strict'
import { test } from 'node:test'

import { looseWords, readFlags } from '../../../app/config/flags.ts'
import { Problems } from '../../../app/config/problems.ts'

function read(...argv: string[]): { values: Record<string, string>; problems: readonly string[] } {
  const problems = new Problems()
  const layer = readFlags(argv, problems)
  const values = Object.fromEntries([...layer].map(([name, { raw }]) => [name, raw]))
  return { values, problems: problems.sentences }
}

test('a flag takes the text after =, or the next word; a boolean flag may stand alone', () => {
  for (const [argv, values] of [
    [['--http-port=1'], { 'http.port': '1' }],
    [['--http-port', '1', '--admin-port', '2'], { 'http.port': '1', 'admin.port': '2' }],
    [['--tcp-greeting=a=b'], { 'tcp.greeting': 'a=b' }],
    [['--log-requests'], { 'log.requests': 'true' }],
    [['--log-requests', '--http-port=1'], { 'log.requests': 'true', 'http.port': '1' }],
    [['--log-requests', 'false'], { 'log.requests': 'false' }],
    [['--http-port=1', '--http-port=2'], { 'http.port': '2' }],
  ] as const) {
    assert.deepEqual(read(...argv), { values, problems: [] })
  }
})

test('an unknown flag is refused once, with the nearest one, and its value is not a second problem', () => {
  for (const [argv, sentence] of [
    [
      ['--http-prot=1'],
      '--http-prot=1: there is no such flag; did you mean --http-port? --help lists',
    ],
    [['--http-prot', '1'], '--http-prot: there is no such flag; did you mean --http-port? --help'],
    [
      ['-http-port=1'],
      '-http-port=1: there is no such flag; did you mean --http-port? --help lists',
    ],
    [['--verison'], '--verison: there is no such flag; did you mean --version? --help lists'],
    [
      ['--print-cofnig'],
      '--print-cofnig: there is no such flag; did you mean --print-config? --help',
    ],
    [['--banana'], '--banana: there is no such flag; --help lists them'],
  ] as const) {
    const { values, problems } = read(...argv)
    assert.deepEqual(values, {})
    assert.equal(problems.length, 1, problems.join('\n'))
    assert.ok(problems[0]?.startsWith(sentence), problems[0])
  }
})

test('words that are neither a flag nor its value are loose', () => {
  const argv = ['one', '--http-port', '1', 'two', '--log-requests', 'false', '--x=y', 'three']
  assert.deepEqual(looseWords(argv), ['one', 'two', 'three'])
})
