import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'

const origin = useOrigin()

test('every status from 200 to 599 is answered, one after the other on one connection', async () => {
  const connection = await RawConnection.open(origin().url)
  for (let code = 200; code <= 599; code++) {
    connection.send(rawRequest(`GET /status/${code}`, { headers: [`X-Request-ID: at-${code}`] }))
    const answer = await connection.answer()
    assert.equal(answer.status, code)
    assert.notEqual(answer.reason, '')
    assert.equal(headerOf(answer, 'x-request-id'), `at-${code}`)
    if (code === 204 || code === 304) {
      assert.equal(answer.body.length, 0)
      continue
    }
    const json = jsonOf(answer)
    assert.equal(json['status_code'], code)
    assert.equal(json['status_message'], STATUS_CODES[code] ?? 'Unassigned')
    assert.equal(json['path'], `/status/${code}`)
  }
  connection.leave()
})

test('every status is the same to HEAD, without a body', async () => {
  const connection = await RawConnection.open(origin().url)
  for (let code = 200; code <= 599; code += 7) {
    connection.send(rawRequest(`HEAD /status/${code}`))
    assert.equal((await connection.answer({ isHead: true })).status, code)
  }
  assert.equal(connection.waiting, 0)
  connection.leave()
})

test('the echo of a POST has its body', async () => {
  const answer = await ask(origin().url, '/status/418', { method: 'POST', body: 'short and stout' })
  assert.equal(answer.status, 418)
  assert.equal(jsonOf(answer)['body'], 'short and stout')
})

for (const code of [100, 101, 102, 103, 199]) {
  test(`${code} is no final answer: 400 that says so`, async () => {
    const answer = await ask(origin().url, `/status/${code}`)
    const { code: errorCode, error } = jsonOf(answer)
    assert.deepEqual([answer.status, errorCode], [400, 'INVALID_REQUEST'])
    assert.match(String(error), /wire listener/)
  })
}

test('weights choose about as often as they say', async () => {
  const counts = new Map<number, number>()
  const connection = await RawConnection.open(origin().url)
  const asked = 800
  connection.send(rawRequest('GET /status/200:6,404:3,503:1').repeat(asked))
  for (let index = 0; index < asked; index++) {
    const { status } = await connection.answer()
    counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  connection.leave()
  // Five standard deviations of a binomial each way: fails by itself once in a million runs.
  for (const [code, share] of [
    [200, 0.6],
    [404, 0.3],
    [503, 0.1],
  ] as const) {
    const slack = 5 * Math.sqrt(asked * share * (1 - share))
    const count = counts.get(code) ?? 0
    assert.ok(Math.abs(count - asked * share) <= slack, `${code} came ${count} times`)
  }
  assert.equal(counts.size, 3)
})

for (const [path, status] of [
  ['200:1', 200],
  ['404,404', 404],
  ['%34%30%34', 404],
  ['201%3A5%2C201%3A5', 201],
] as const) {
  test(`/status/${path} is ${status}`, async () => {
    assert.equal((await ask(origin().url, `/status/${path}`)).status, status)
  })
}

for (const path of [
  '',
  '0',
  '99',
  '600',
  '1000',
  'abc',
  '200.5',
  '-200',
  '200/1',
  '200:',
  '200:0',
  '200:-1',
  '200:x',
  '200,',
  ',200',
  '200:1:1',
  '200;503',
]) {
  test(`/status/${path} is 400`, async () => {
    const answer = await ask(origin().url, `/status/${path}`)
    assert.deepEqual([answer.status, jsonOf(answer)['code']], [400, 'INVALID_REQUEST'])
  })
}
