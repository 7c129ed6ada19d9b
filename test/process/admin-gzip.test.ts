import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'

import { ask } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'

const gzip = { 'Accept-Encoding': 'gzip' }
const [page, short] = ['/assets/figures.js', '/livez']

test('the admin port sends long texts as gzip to clients that accept it', async (t) => {
  const { admin } = (await startOrigin(t)).ports
  for (const path of ['/metrics', '/openapi.json', '/configz', page]) {
    const plain = await ask(admin, path)
    const small = await ask(admin, path, { headers: gzip })
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
  assert.equal((await ask(admin, short, { headers: gzip })).body.toString(), 'ok\n')
})

test('a page that was sent as gzip is not sent again to a browser that has it', async (t) => {
  const { admin } = (await startOrigin(t)).ports
  const { etag = '' } = (await ask(admin, page, { headers: gzip })).headers
  assert.match(etag, /^W\/"/)
  const again = await ask(admin, page, { headers: { ...gzip, 'If-None-Match': etag } })
  assert.deepEqual([again.status, again.body.length], [304, 0])
})
