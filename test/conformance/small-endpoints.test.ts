import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'

import { httpRows, wsRows } from '../../app/endpoints/table.ts'
import { type Answer, ask, jsonOf } from '../support/ask.ts'
import { useOrigin } from '../support/shared-origin.ts'

const origin = useOrigin()
const get = (path: string): Promise<Answer> => ask(origin().url, path)

suite('/health', () => {
  test('is 200 and says so', async () => {
    const { status, headers, body } = await get('/health')
    assert.equal(status, 200)
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(body.toString(), '{"status":"ok"}')
  })

  for (const flag of ['1', 'true', 'Yes', 'on']) {
    test(`verbose=${flag} adds checks, version and timestamp`, async () => {
      const json = jsonOf(await get(`/health?verbose=${flag}`))
      assert.equal(json['status'], 'ok')
      assert.ok(Object.values(json['checks'] as object).every((state) => state === 'ok'))
      assert.ok(Object.keys(json['checks'] as object).length > 0)
      const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
      assert.equal(json['version'], version)
      assert.ok(Math.abs(Number(json['timestamp']) - Date.now() / 1000) < 5)
    })
  }

  test('verbose=0 is as without', async () => {
    assert.equal((await get('/health?verbose=0')).body.toString(), '{"status":"ok"}')
  })

  test('parameters that clients add to the query do not matter', async () => {
    assert.equal((await get('/health?_=1&utm_source=x&&_%zz')).status, 200)
  })

  test('any method is answered, with a body, too', async () => {
    const answer = await ask(origin().url, '/health', { method: 'POST', body: 'are you well?' })
    assert.deepEqual([answer.status, answer.body.toString()], [200, '{"status":"ok"}'])
  })
})

suite('/help', () => {
  test('lists every row with its summary and its parameters', async () => {
    const { headers, body } = await get('/help')
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
    const text = body.toString()
    const lines = text.split('\n')
    for (const { path, summary, parameters } of [...httpRows, ...wsRows]) {
      assert.ok(lines.includes(path), path)
      assert.ok(text.includes(summary), summary)
      for (const [name, { in: place, doc }] of Object.entries(parameters)) {
        assert.ok(text.includes(place === 'query' ? `?${name}=` : `{${name}}`), `${path} ${name}`)
        assert.ok(text.includes(doc), doc)
      }
    }
  })
})

suite('/nousage', () => {
  const request = { method: 'POST', body: '{"model":"m"}', headers: { 'content-type': 'a/b' } }

  for (const [path, contentType] of [
    ['/nousage', 'application/json'],
    ['/nousage/wrongct', 'text/plain; charset=utf-8'],
  ] as const) {
    test(`${path} is the echo with an empty usage, as ${contentType}`, async () => {
      const answer = await ask(origin().url, path, request)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['content-type'], contentType)
      const json = jsonOf(answer)
      assert.deepEqual(json['usage'], {})
      assert.deepEqual(
        [json['body'], json['path'], json['content_type']],
        [request.body, path, 'a/b'],
      )
    })
  }

  test('/nousage/badjson is JSON that stops in the middle', async () => {
    const answer = await ask(origin().url, '/nousage/badjson', request)
    assert.equal(answer.headers['content-type'], 'application/json')
    assert.equal(
      answer.body.toString(),
      '{"_myhostname":"test","uri":"/nousage/badjson","method":"GET","invalid json truncated',
    )
  })

  test('/nousage/empty has nothing in it', async () => {
    const answer = await ask(origin().url, '/nousage/empty', request)
    assert.deepEqual([answer.status, answer.headers['content-length']], [200, '0'])
    assert.equal(answer.headers['content-type'], 'application/json')
  })

  for (const path of ['/nousage/WRONGCT', '/nousage/x', '/nousage/empty/']) {
    test(`${path} is 400`, async () => {
      assert.equal((await get(path)).status, 400)
    })
  }
})

suite('refusals', { concurrency: 4 }, () => {
  for (const [path, status, code, what] of [
    ['/bin/1Q', 400, 'INVALID_REQUEST', /size="1Q" .*10M/],
    ['/bin/', 400, 'INVALID_REQUEST', /size is missing/],
    ['/bin/%ff', 400, 'INVALID_REQUEST', /percent-encoding/],
    ['/chunked/x', 400, 'INVALID_REQUEST', /count="x"/],
    ['/sse?count=1&count=1', 400, 'INVALID_REQUEST', /count .*twice/],
    ['/bin/1?chunked=1&digest=1', 501, 'UNSUPPORTED_ON_LISTENER', /trailers/],
    ['/ws', 400, 'INVALID_REQUEST', /handshake/],
    ['/status/100', 400, 'INVALID_REQUEST', /100/],
  ] as const) {
    test(`${path} is ${status} with the error JSON and the client's id`, async () => {
      const headers = { 'x-request-id': 'my-id' }
      const answer = await ask(origin().url, path, { headers })
      assert.equal(answer.status, status)
      assert.equal(answer.headers['content-type'], 'application/json')
      assert.equal(answer.headers['x-request-id'], 'my-id')
      const { error, timestamp, ...rest } = jsonOf(answer)
      assert.match(String(error), what)
      assert.ok(Number.isInteger(timestamp))
      assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 5)
      assert.deepEqual(rest, { code, request_id: 'my-id' })
    })
  }

  test('without an id of the client the header and the JSON have the same new one', async () => {
    const answer = await get('/bin/1Q')
    assert.match(String(answer.headers['x-request-id']), /^[\da-f-]{36}$/)
    assert.equal(jsonOf(answer)['request_id'], answer.headers['x-request-id'])
  })
})
