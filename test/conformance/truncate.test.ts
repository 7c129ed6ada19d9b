// truncate@N on both HTTP listeners: which bytes come, and how the connection ends.
import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { suite, test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'
import { exchangeWhole, getText, patternText, withoutChunking } from '../support/whole-exchange.ts'

/** The first bytes of the payload of seed 0. */
const pattern = (bytes: number): Buffer => Buffer.from(patternText(bytes))

const origin = useOrigin()
const portOf = (listener: 'http' | 'wire'): number => origin().ports[listener]

for (const listener of ['http', 'wire'] as const) {
  suite(`truncate@N on ${listener}`, () => {
    for (const bytes of [0, 1, 10, 1023]) {
      test(`a body with Content-Length ends after ${bytes} of 1024 bytes`, async () => {
        const target = `/bin/1K?hp-fault=truncate@${bytes}`
        const { head, body, end } = await exchangeWhole(portOf(listener), getText(target))
        assert.match(head, /^HTTP\/1\.1 200 OK\r\n/)
        assert.match(head, /\r\ncontent-length: 1024(?:\r\n|$)/i)
        assert.deepEqual([body.toString(), end], [pattern(bytes).toString(), 'FIN'])
      })

      test(`a chunked body ends after ${bytes} of 1024 bytes, without its last chunk`, async () => {
        const target = `/bin/1K?chunked=true&hp-fault=truncate@${bytes}`
        const { head, body, end } = await exchangeWhole(portOf(listener), getText(target))
        assert.match(head, /\r\ntransfer-encoding: chunked(?:\r\n|$)/i)
        assert.deepEqual(
          [withoutChunking(body).toString(), end],
          [pattern(bytes).toString(), 'FIN'],
        )
      })
    }

    test('large bodies end at the byte, for slow readers too', async () => {
      const at = 9_000_001
      for (const query of ['', '&chunked=true']) {
        for (const isSlow of [false, true]) {
          const target = `/bin/64M?hp-fault=truncate@${at}${query}`
          const { body, end } = await exchangeWhole(portOf(listener), getText(target), { isSlow })
          const seen = query === '' ? body : withoutChunking(body)
          assert.equal(seen.length, at)
          assert.ok(seen.equals(pattern(at)), 'other bytes')
          assert.equal(end, 'FIN')
        }
      }
    })

    test('paced chunks, JSON and refusals end as well: it is for every route', async () => {
      const targets = [
        '/chunked/5?size=100&delay=5&hp-fault=truncate@250',
        '/any/path?with=json&hp-fault=truncate@50',
        '/status/503?hp-fault=truncate@7',
        '/delay/nonsense?hp-fault=truncate@3',
        '/help?hp-fault=truncate@1K',
      ]
      for (const target of targets) {
        const at = /truncate@(\d+K?)/.exec(target)?.[1] ?? ''
        const bytes = at === '1K' ? 1024 : Number(at)
        const { head, body, end } = await exchangeWhole(portOf(listener), getText(target))
        const isChunked = /transfer-encoding: chunked/i.test(head)
        assert.equal((isChunked ? withoutChunking(body) : body).length, bytes, target)
        assert.equal(end, 'FIN', target)
      }
    })

    test('the header asks too, and the query wins over it', async () => {
      const header = 'X-HP: fault=truncate@5'
      const { body } = await exchangeWhole(portOf(listener), getText('/bin/1K', header))
      assert.equal(body.length, 5)
      const other = await exchangeWhole(
        portOf(listener),
        getText('/bin/1K?hp-fault=truncate@7', header),
      )
      assert.equal(other.body.length, 7)
    })

    test('bends one answer alone, though its target was asked before and is again', async () => {
      const url = `http://127.0.0.1:${portOf(listener)}/bin/777`
      const whole = async (): Promise<number> => (await (await fetch(url)).arrayBuffer()).byteLength
      assert.deepEqual([await whole(), await whole()], [777, 777])
      const bent = await exchangeWhole(
        portOf(listener),
        getText('/bin/777', 'X-HP: fault=truncate@3'),
      )
      assert.equal(bent.body.length, 3)
      assert.deepEqual([await whole(), await whole()], [777, 777])
    })

    test('a body that is no longer than that, HEAD and 204 are left whole', async () => {
      const close = 'Connection: close'
      const whole = await exchangeWhole(
        portOf(listener),
        getText('/bin/5?hp-fault=truncate@5', close),
      )
      assert.equal(whole.body.toString(), 'ABCDE')
      const chunked = getText('/bin/5?chunked=true&hp-fault=truncate@6', close)
      assert.ok(
        (await exchangeWhole(portOf(listener), chunked)).body.toString().endsWith('0\r\n\r\n'),
      )
      const head = getText('/bin/5?hp-fault=truncate@1', close).replace('GET', 'HEAD')
      assert.match((await exchangeWhole(portOf(listener), head)).head, /content-length: 5/i)
      const none = await exchangeWhole(
        portOf(listener),
        getText('/status/204?hp-fault=truncate@0', close),
      )
      assert.match(none.head, /^HTTP\/1\.1 204 /)
    })

    test('faults.enabled=false leaves every answer whole', async (t) => {
      const { ports } = await startOrigin(t, { 'faults.enabled': false })
      const response = await fetch(`http://127.0.0.1:${ports[listener]}/bin/9?hp-fault=truncate@1`)
      assert.equal(await response.text(), 'ABCDEFGHI')
    })
  })
}

test('on HTTP/2 the stream is reset with INTERNAL_ERROR, and others go on', async () => {
  const session = connectHttp2(`http://127.0.0.1:${portOf('wire')}`)
  const ask = async (path: string): Promise<{ bytes: number; code: number | undefined }> => {
    const stream = session.request({ ':path': path })
    let bytes = 0
    stream.on('data', (piece: Buffer) => (bytes += piece.length))
    stream.on('error', () => {})
    await within(path, new Promise<void>((resolve) => stream.once('close', resolve)))
    return { bytes, code: stream.rstCode }
  }
  try {
    const answers = await Promise.all([
      ask('/bin/1M'),
      ask('/bin/1M?hp-fault=truncate@70000'),
      ask('/bin/1K?chunked=true&hp-fault=truncate@0'),
      ask('/bin/100?hp-fault=truncate@99'),
      ask('/delay/50'),
    ])
    assert.deepEqual(answers.slice(0, 4), [
      { bytes: 2 ** 20, code: 0 },
      { bytes: 70_000, code: 2 },
      { bytes: 0, code: 2 },
      { bytes: 99, code: 2 },
    ])
    assert.equal(answers[4]?.code, 0)
  } finally {
    session.close()
  }
})
