import assert from 'node:assert/strict'
import { test } from 'node:test'

import { AnswerParser, type Progress } from '../../../../app/load/http1/answer-parser.ts'

/** Feeds an answer in pieces of `size` bytes, from a buffer that is written over each time. */
function feed(text: string, size: number, method = 'GET'): { parser: AnswerParser; end: Progress } {
  const parser = new AnswerParser()
  parser.begin(method)
  const shared = Buffer.alloc(size)
  const bytes = Buffer.from(text, 'latin1')
  let end: Progress = 'more'
  for (let at = 0; at < bytes.length; at += size) {
    assert.equal(end, 'more', `ended at ${at} of ${bytes.length}`)
    end = parser.feed(shared, bytes.copy(shared, 0, at, at + size))
  }
  return { parser, end }
}

const whole: readonly (readonly [string, string, number])[] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 200],
  ['a length in odd spelling', 'HTTP/1.1 200 OK\r\ncontent-LENGTH:  5 \r\n\r\nhello', 200],
  ['no body', 'HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n', 204],
  ['nothing', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 404],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n',
    200,
  ],
  [
    'chunks and trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n',
    200,
  ],
  [
    'an interim answer before',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno',
    503,
  ],
]

test('answers end where they end, however they are cut', () => {
  for (const [name, text, status] of whole) {
    for (const size of [1, 2, 3, 7, text.length]) {
      const { parser, end } = feed(text, size)
      assert.deepEqual([end, parser.status, parser.keepsAlive], ['whole', status, true], name)
    }
  }
})

test('what is asked for by HEAD has no body, whatever its head says', () => {
  const { end } = feed('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 9, 'HEAD')
  assert.equal(end, 'whole')
})

test('without a length an answer ends with its connection', () => {
  const { parser, end } = feed('HTTP/1.1 200 OK\r\n\r\nhello', 4)
  assert.equal(end, 'more')
  assert.equal(parser.finish(), 'whole')
  assert.equal(parser.keepsAlive, false)
})

test('the end of a connection is not the end of an answer with a length', () => {
  const { parser } = feed('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell', 4)
  assert.equal(parser.finish(), 'more')
})

function kept(version: string, header: string): boolean {
  const text = `HTTP/${version} 200 OK\r\n${header}Content-Length: 0\r\n\r\n`
  return feed(text, 99).parser.keepsAlive
}

test('a connection is kept unless it is said otherwise, and closed by HTTP/1.0 unless it is', () => {
  assert.deepEqual(
    [
      kept('1.1', ''),
      kept('1.1', 'Connection: Close\r\n'),
      kept('1.0', ''),
      kept('1.0', 'Connection: keep-alive\r\n'),
    ],
    [true, false, false, true],
  )
})

test('Server-Timing is kept', () => {
  const { parser } = feed(
    'HTTP/1.1 200 OK\r\nServer-Timing: work;dur=1.5\r\nContent-Length: 0\r\n\r\n',
    11,
  )
  assert.equal(parser.serverTiming, 'work;dur=1.5')
})

test('what is no HTTP is malformed', () => {
  for (const text of [
    'SSH-2.0-OpenSSH\r\n\r\n',
    'HTTP/1.1 2x0 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n',
    `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(300_000)}`,
  ]) {
    const { end } = feed(text, text.length)
    assert.equal(typeof end, 'object', text.slice(0, 60))
  }
})
