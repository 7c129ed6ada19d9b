import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'

import { ask } from '../support/ask.ts'
import { useOrigin } from '../support/shared-origin.ts'

// Two, because what is counted is counted over all workers.
const origin = useOrigin({ workers: 2 })
const places = { fast: () => origin().url, wire: () => origin().ports.wire }

for (const [listener, place] of Object.entries(places)) {
  suite(`clients on ${listener}`, () => {
    test('/retry fails as often as asked for each id, over all workers, then says how often it was asked', async () => {
      const id = `${listener} one`
      const path = `/retry?id=${encodeURIComponent(id)}&fail=6&code=502`
      const statuses: number[] = []
      for (let attempt = 1; attempt <= 6; attempt++) {
        statuses.push((await ask(place(), path)).status)
      }
      assert.deepEqual(statuses, Array(6).fill(502))
      const answer = await ask(place(), path)
      assert.deepEqual(JSON.parse(answer.body.toString()), { id, attempts: 7 })
      const other = await ask(place(), `/retry?id=${listener}-two&fail=1`)
      assert.equal(other.status, 503)
      assert.match(other.body.toString(), /attempt 1 of .*-two: the first 1 fail/)
    })

    test('/redirect/{n} leads to /get in n steps', async () => {
      let path = '/redirect/3'
      const visited: string[] = []
      for (;;) {
        const answer = await ask(place(), path)
        if (answer.status === 200) break
        path = answer.headers.location ?? assert.fail('no Location')
        visited.push(path)
      }
      assert.deepEqual(visited, ['/redirect/2', '/redirect/1', '/get'])
    })

    test('/cookies/set sets each, /cookies shows what comes back', async () => {
      const set = await ask(place(), '/cookies/set?a=1&b=2&hp-delay=1ms')
      const lines = set.headers['set-cookie'] ?? []
      assert.deepEqual(lines, ['a=1; Path=/; HttpOnly', 'b=2; Path=/; HttpOnly'])
      const cookie = lines.map((line) => line.split(';')[0]).join('; ')
      const shown = await ask(place(), '/cookies', { headers: { cookie } })
      assert.deepEqual(JSON.parse(shown.body.toString()), { cookies: { a: '1', b: '2' } })
    })

    test('/gzip, /deflate and /br are the echo in that coding', async () => {
      const codings = [
        ['gzip', gunzipSync, 'gzipped'],
        ['deflate', inflateSync, 'deflated'],
        ['br', brotliDecompressSync, 'brotli'],
      ] as const
      for (const [coding, decode, field] of codings) {
        const answer = await ask(place(), `/${coding}`, { method: 'POST', body: 'x'.repeat(5000) })
        assert.equal(answer.headers['content-encoding'], coding)
        const echo = JSON.parse(decode(answer.body).toString()) as Record<string, unknown>
        assert.equal(echo[field], true)
        assert.equal(echo['body_size'], 5000)
      }
    })

    test('/basic-auth refuses what is no pair of user and password', async () => {
      for (const authorization of [
        'Basic',
        'Basic %%%',
        'Basic YWJj',
        'Bearer YTpi',
        'Basic YTpi',
      ]) {
        const answer = await ask(place(), '/basic-auth/a/c', { headers: { authorization } })
        assert.equal(answer.status, 401, authorization)
      }
      const authorization = `Basic ${Buffer.from('é:p:q').toString('base64')}`
      const path = '/basic-auth/%C3%A9/p:q'
      assert.equal((await ask(place(), path, { headers: { authorization } })).status, 200)
    })

    test('/response-headers and /trailers leave faults to their reader', async () => {
      const answer = await ask(place(), '/response-headers?X-A=1&hp-delay=1ms')
      assert.equal(answer.headers['x-a'], '1')
      assert.equal('hp-delay' in answer.headers, false)
      const typed = await ask(place(), '/response-headers?content-type=text/plain')
      assert.equal(typed.headers['content-type'], 'text/plain')
    })

    test('/cache without a tag is not modified for any condition', async () => {
      const headers = { 'if-none-match': '"whatever"' }
      const answer = await ask(place(), '/cache', { headers })
      assert.equal(answer.status, 304)
      assert.equal(answer.body.length, 0)
    })
  })
}
