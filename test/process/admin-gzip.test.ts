import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, get } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'

import { type TestOrigin, startOrigin } from '../support/origin.ts'

interface RawAnswer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A page of the admin port, byte by byte: `fetch` would undo a compression. */
async function readRaw(
  { ports }: TestOrigin,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const outgoing = get({ host: '127.0.0.1', port: ports.admin, path, headers })
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) }
}

const gzip = { 'Accept-Encoding': 'gzip' }
const [page, short] = ['/assets/figures.js', '/livez']

test('the admin port sends long texts as gzip to clients that accept it', async (t) => {
  const origin = await startOrigin(t)
  for (const path of ['/metrics', '/openapi.json', '/configz', page]) {
    const plain = await readRaw(origin, path)
    const small = await readRaw(origin, path, gzip)
    assert.equal(plain.headers['content-encoding'], undefined, path)
    assert.equal(small.headers['content-encoding'], 'gzip', path)
    for (const { headers } of [plain, small]) assert.equal(headers.vary, 'Accept-Encoding', path)
    assert.equal(Number(small.headers['content-length']), small.body.length, path)
    assert.ok(small.body.length < plain.body.length / 2, path)
    // Numbers change from one scrape to the next, the beginning of the text does not.
    const [told, wanted] = [gunzipSync(small.body), plain.body].map((it) =>
      it.toString('latin1', 0, 60),
    )
    assert.equal(told, wanted, path)
  }
  assert.equal((await readRaw(origin, short, gzip)).body.toString(), 'ok\n')
})

test('a page that was sent as gzip is not sent again to a browser that has it', async (t) => {
  const origin = await startOrigin(t)
  const { etag = '' } = (await readRaw(origin, page, gzip)).headers
  assert.match(etag, /^W\/"/)
  const again = await readRaw(origin, page, { ...gzip, 'If-None-Match': etag })
  assert.deepEqual([again.status, again.body.length], [304, 0])
})
