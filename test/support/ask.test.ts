import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type RequestListener, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'

import { ask, begin, jsonOf } from './ask.ts'

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

test('what is asked arrives as it was said, by port and by URL', async (t) => {
  const port = await serve(t, (request, response) => {
    response.end(JSON.stringify({ line: `${request.method} ${request.url}`, ...request.headers }))
  })
  const question = { method: 'PUT', headers: { 'x-own': '1' }, body: 'abc' }
  for (const base of [port, `http://127.0.0.1:${port}`]) {
    const got = jsonOf(await ask(base, '/a/../%20?x=[1]', question))
    assert.equal(got['line'], 'PUT /a/../%20?x=[1]')
    assert.deepEqual(
      [got['x-own'], got['content-length'], got['connection']],
      ['1', '3', 'keep-alive'],
    )
  }
  const below = jsonOf(await ask(`http://127.0.0.1:${port}/below`, '/here'))
  assert.equal(below['line'], 'GET /below/here')
  const inPieces = jsonOf(await ask(port, '/', { method: 'POST', body: [Buffer.from('ab')] }))
  assert.equal(inPieces['transfer-encoding'], 'chunked')
})

test('all of the answer is told: 1xx, reason, fields, body, trailers', async (t) => {
  const port = await serve(t, (_request, response) => {
    response.writeEarlyHints({ link: '</a>' })
    response.writeProcessing()
    response.writeHead(418, 'Short and stout', { 'x-kind': 'pot', trailer: 'x-end' })
    response.write('te')
    response.addTrailers({ 'x-end': 'steam' })
    response.end('a')
  })
  const { status, reason, headers, interim, trailers, body } = await ask(port, '/')
  assert.deepEqual([status, reason, interim], [418, 'Short and stout', [103, 102]])
  assert.deepEqual([headers['x-kind'], trailers['x-end'], body.toString()], ['pot', 'steam', 'tea'])
})

test('half an answer is an error', async (t) => {
  const port = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 10 })
    response.write('half', () => response.destroy())
  })
  await assert.rejects(ask(port, '/'), { code: 'ECONNRESET' })
})

test('silence is an error, and ends the connection', async (t) => {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const port = await serve(t, (request, response) => {
    request.once('close', resolve)
    if (request.url === '/half') response.write('half')
  })
  await assert.rejects(ask(port, '/', { ms: 50 }), /not within 50 ms: an answer to GET \/$/)
  await closed
  await assert.rejects(ask(port, '/half', { ms: 50 }), /not within 50 ms: the body of GET \/half$/)
})

test('a begun answer is at its head', async (t) => {
  const port = await serve(t, (_request, response) => {
    response.writeHead(200).flushHeaders()
  })
  const response = await begin(port, '/')
  assert.equal(response.statusCode, 200)
  response.destroy()
})
