import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { anchorsOf, documents, linksOf } from '../support/documents.ts'

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
