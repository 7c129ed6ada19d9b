import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { longestDocument, mostDocuments, readText } from '../../../app/config/files.ts'
import { loadConfig } from '../../../app/config/load.ts'
import { createDirectory, createFile } from '../../support/directory.ts'

function problems(path: string): readonly string[] {
  const loaded = loadConfig(['--config', path], {})
  return 'problems' in loaded ? loaded.problems : assert.fail('no problem was found')
}

function refused(texts: Readonly<Record<string, string>>): string {
  const loaded = loadConfig([], {}, { place: 'configmap a/b', texts })
  return 'problems' in loaded ? loaded.problems.join() : ''
}

function token(path: string): string | undefined {
  const loaded = loadConfig(['--config', path], {})
  return 'problems' in loaded ? assert.fail(loaded.problems.join()) : loaded.config['admin.token']
}

suite('text that is not UTF-8', () => {
  const cases: readonly (readonly [what: string, hex: string, says: string])[] = [
    ['Latin-1', `${Buffer.from('a: Bogot').toString('hex')}e10a`, 'byte 0xE1 at offset 8; save'],
    ['UTF-16', 'fffe61003a00', 'byte 0xFF at offset 0; it looks like UTF-16; save'],
    ['a surrogate', '61eda080', 'byte 0xED at offset 1; save'],
    ['an overlong slash', '6161c0af', 'byte 0xC0 at offset 2; save'],
    ['a character cut at the end', '61e282', 'byte 0xE2 at offset 1; save'],
  ]
  for (const [what, hex, says] of cases) {
    test(`${what} is refused with the file, the byte and where it is`, (t) => {
      const path = createFile(t, '')
      writeFileSync(path, Buffer.from(hex, 'hex'))
      assert.deepEqual(problems(path), [
        `config: file ${path} cannot be read: it is not UTF-8: ${says} it as UTF-8`,
      ])
    })
  }

  test('the same for a file named as a setting, and the other files are still read', (t) => {
    const directory = createDirectory(t, { 'log.level': 'debug', 'b.yaml': 'workerz: 1' })
    writeFileSync(join(directory, 'admin.token'), Buffer.from([0x61, 0xff]))
    assert.deepEqual(problems(directory), [
      `config: file ${directory}/admin.token cannot be read: it is not UTF-8: byte 0xFF at offset 1; save it as UTF-8`,
      `workerz: is not a setting; did you mean workers? --help lists them (from file ${directory}/b.yaml)`,
    ])
  })

  test('any UTF-8 is accepted, and a byte-order mark is not part of the text', (t) => {
    const path = createFile(t, '\uFEFFa: 日本 🎉\n')
    assert.equal(readText(path), 'a: 日本 🎉\n')
    assert.equal(token(createDirectory(t, { 'admin.token': '\uFEFFabc\n' })), 'abc')
  })
})

suite('files that are not settings', () => {
  test('a file that is too large is refused, and an endless one is not read further', (t) => {
    const large = createFile(t, '#'.repeat(longestDocument + 1))
    for (const path of [large, '/dev/zero']) {
      assert.deepEqual(problems(path), [
        `config: file ${path} cannot be read: it is larger than 256K, the most for one document`,
      ])
    }
    loadConfig(['--config', createFile(t, '#'.repeat(longestDocument))], {})
  })

  test('a pipe is refused without waiting; /dev/null sets nothing', (t) => {
    const path = join(createDirectory(t), 'pipe')
    execFileSync('mkfifo', [path])
    assert.match(problems(path).join(), /it is a pipe, which can be read once only; use a file$/)
    assert.ok('config' in loadConfig(['--config', '/dev/null'], {}))
  })

  test('a directory in the directory is named', (t) => {
    const directory = createDirectory(t)
    execFileSync('mkdir', [join(directory, 'sub.yaml')])
    assert.match(
      problems(directory).join(),
      /sub\.yaml cannot be read: it is a directory; use a file$/,
    )
  })

  test('a directory of very many files is not read through', (t) => {
    const directory = createDirectory(t)
    for (let file = 0; file <= mostDocuments; file++)
      writeFileSync(join(directory, `${file}.yaml`), '')
    assert.match(
      problems(directory).join(),
      /it has more than 256 files; give it a directory of its own$/,
    )
  })

  test('files that are too large in sum are refused, from a directory or a ConfigMap', (t) => {
    const texts = Object.fromEntries(
      Array.from({ length: 5 }, (_, file) => [`${file}.yaml`, '#'.repeat(longestDocument)]),
    )
    assert.match(problems(createDirectory(t, texts)).join(), /it is larger than 1M$/)
    assert.equal(refused(texts), 'config: configmap a/b cannot be read: it is larger than 1M')
    assert.match(refused({ 'a.yaml': '#'.repeat(longestDocument + 1) }), /larger than 256K$/)
  })
})
