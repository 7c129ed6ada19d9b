import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { readYaml } from '../../../app/config/yaml.ts'

const isSetting = (name: string): boolean =>
  /^(?:log\.level|http\.port|admin\.token|tls)$/.test(name)

/** The values as they are written, by name. */
function read(text: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(readYaml(text, isSetting).map(({ name, raw }) => [name, raw]))
}

suite('values are the text as written in the document', () => {
  test('numbers keep their zeros and their digits', () => {
    const texts = [
      '00012345',
      '1.10',
      '123456789012345678901234567890',
      '0x10',
      '1e+06',
      '-0',
      '.5',
    ]
    for (const text of texts) {
      assert.deepEqual(read(`admin: {token: ${text}}`), { 'admin.token': text })
      assert.deepEqual(read(`admin.token: ${text} # said\n`), { 'admin.token': text })
    }
  })

  test('quotes, blocks and escapes are resolved', () => {
    assert.deepEqual(read('admin.token: "a\\u0062c"'), { 'admin.token': 'abc' })
    assert.deepEqual(read("admin.token: 'it''s'"), { 'admin.token': "it's" })
    assert.deepEqual(read('admin.token: |\n  abc\n'), { 'admin.token': 'abc\n' })
    assert.deepEqual(read('{"admin": {"token": "0\\n1"}}'), { 'admin.token': '0\n1' })
  })

  test('the value as YAML understands it is given, too', () => {
    const plains = readYaml('a: 0x10\nb: True\nc: 1e+06\nd: "007"\n', isSetting)
    assert.deepEqual(
      plains.map(({ plain }) => plain),
      ['16', 'true', '1000000', '007'],
    )
  })

  test('an empty value counts as absent', () => {
    assert.deepEqual(read('a:\nb: ~\nc: null\nd: ""\n'), { d: '' })
    assert.deepEqual(read(''), {})
  })
})

suite('anchors, aliases and merge keys', () => {
  test('an alias is the value before it', () => {
    assert.deepEqual(read('a: &x 1\nb: *x\nc: &x 2\nd: *x\n'), { a: '1', b: '1', c: '2', d: '2' })
    assert.deepEqual(read('a: &x {p: 1}\nb: *x\n'), { 'a.p': '1', 'b.p': '1' })
    assert.deepEqual(read('&k a: 1\nb: *k\n'), { a: '1', b: 'a' })
  })

  test('a merge key takes what the mapping does not have itself, wherever it stands', () => {
    assert.deepEqual(read('a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n'), {
      'a.p': '1',
      'a.q': '2',
      'b.q': '3',
      'b.p': '1',
    })
    assert.deepEqual(read('a: &x {p: 1}\nb:\n  p: 2\n  <<: *x\n')['b.p'], '2')
  })

  test('of several merged mappings the first wins, and merged ones may merge', () => {
    const text =
      'a: &a {p: 1}\nb: &b {p: 2, q: 2}\nc: {<<: [*a, *b]}\nd: &d {<<: *b}\ne: {<<: *d, <<: *a}'
    const found = read(text)
    assert.deepEqual([found['c.p'], found['c.q'], found['e.p']], ['1', '2', '2'])
  })

  test('a name that begins with x- is for anchors at the top level only', () => {
    assert.deepEqual(read('x-log: &log {level: warn}\nlog: {<<: *log}\na: {x-b: 1}\n'), {
      'log.level': 'warn',
      'a.x-b': '1',
    })
  })

  test('a quoted << is a name like any other', () => {
    assert.deepEqual(read('{"<<": {"a": 1}}'), { '<<.a': '1' })
  })
})

suite('documents that cannot be read', () => {
  const sentences: Readonly<Record<string, RegExp>> = {
    'log: &l {level: warn, more: *l}': /^log\.more refers to itself \(\*l\)$/,
    '&d {a: *d}': /^a refers to itself \(\*d\)$/,
    'log: &l {<<: *l}': /^log refers to itself \(\*l\)$/,
    'a: [&x [*x]]\nb: &y {c: &z {d: *y}}': /^b\.c\.d refers to itself \(\*y\)$/,
    'a: *nope': /^a refers to \*nope, which is nowhere before it$/,
    'a: *late\nb: &late 1': /^a refers to \*late, which is nowhere before it$/,
    'a: {b: 1, b: 2}': /^a has b twice$/,
    'a: 1\n---\na: 2': /^it holds more than one document \(---\); use one$/,
    'a: {<<: 1}': /^<< in a takes a mapping, or a list of mappings$/,
    '? [a]\n: 1': /^the document has a name that is no text$/,
    'a: [1': /at line 1, column 6$/,
  }
  for (const [text, sentence] of Object.entries(sentences)) {
    test(JSON.stringify(text), () =>
      assert.throws(() => readYaml(text, isSetting), { message: sentence }),
    )
  }

  test('more than sixteen levels, an endless name, and far too many values', () => {
    assert.throws(
      () => readYaml('{a: '.repeat(17) + '}'.repeat(17), isSetting),
      /more than 16 levels/,
    )
    assert.throws(() => readYaml(`${'n'.repeat(257)}: 1`, isSetting), /name of 257 characters/)
    const many = Array.from({ length: 10_001 }, (_, index) => `a${index}: 1\n`).join('')
    assert.throws(() => readYaml(many, isSetting), /more than 10000 values/)
  })

  // Nine lines that come to a billion values, and to as many merges.
  const names = 'abcdefghij'.split('')
  const bombs = {
    aliases: names.map(
      (name, i) =>
        `${name}: &${name} {${i === 0 ? 'z: 1' : Array.from({ length: 10 }, (_, j) => `k${j}: *${names[i - 1]}`).join(', ')}}`,
    ),
    merges: names.map(
      (name, i) =>
        `${name}: &${name} {${
          i === 0
            ? 'z: 1'
            : `<<: [${Array(10)
                .fill(`*${names[i - 1]}`)
                .join(', ')}]`
        }}`,
    ),
  }
  for (const [kind, lines] of Object.entries(bombs)) {
    test(`a bomb of ${kind}`, () =>
      assert.throws(() => readYaml(lines.join('\n'), isSetting), /more than 10000 values/))
  }

  test('256 KiB of anything are read or refused in time that grows with their length alone', () => {
    // Each of these took from 10 to 60 seconds by the library's own ways.
    const length = 256 * 1024
    const hostile = [
      '}'.repeat(length),
      '&a '.repeat(length / 3),
      '['.repeat(length),
      Array.from({ length: length / 8 }, (_, index) => `a${index}: 1\n`).join(''),
    ]
    for (const text of hostile) {
      const before = process.cpuUsage()
      assert.throws(() => readYaml(text, isSetting))
      const { user } = process.cpuUsage(before)
      assert.ok(user < 8e6, `${text.slice(0, 9)}: ${user / 1e6} s of CPU`)
    }
  })
})
