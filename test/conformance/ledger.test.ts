// The arrival ledger over real sockets: what is recorded of a request with an id.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, test } from 'node:test'

import { ask } from '../support/ask.ts'
import { askLedger, askRun, endedAttempt, endedAttempts } from '../support/ledger-client.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { readActivity, useOrigin } from '../support/shared-origin.ts'
import { until } from '../support/wait.ts'
import { GrpcClient } from './grpc-client.ts'

const origin = useOrigin({ workers: '2' })
const names = ['fast', 'wire'] as const
type Name = (typeof names)[number]

function urlOf(name: Name): string {
  return name === 'fast' ? origin().url : `http://127.0.0.1:${origin().ports.wire}`
}

async function untilActive(count: number): Promise<void> {
  await until(`${count} requests at work`, () => readActivity(origin()), {
    holds: ({ requests }) => requests === count,
  })
}

for (const name of names) {
  suite(`on the ${name} listener`, () => {
    test('a request that comes twice has two attempts, which either listener tells', async () => {
      const id = `twice-${name}`
      const headers = { 'X-HP-Id': id, 'X-HP-Run': 'retries', 'X-Envoy-Attempt-Count': '2' }
      // The second GET of a target is answered from what was kept of the first.
      for (let time = 0; time < 2; time++) await ask(urlOf(name), '/bin/1K?seed=1', { headers })
      for (const reader of names) {
        const attempts = await endedAttempts(urlOf(reader), id, 2)
        assert.deepEqual(
          attempts.map(({ attempt }) => attempt),
          [1, 2],
        )
        for (const record of attempts) {
          assert.equal(record.run, 'retries')
          assert.equal(record.listener, name)
          assert.equal(record.method, 'GET')
          assert.equal(record.target, '/bin/1K?seed=1')
          assert.equal(record.route, '/bin/{size}')
          assert.equal(record.status, 200)
          assert.equal(record.bytes_written, 1024)
          assert.equal(record.end.cause, 'complete')
          assert.equal(record.retry_hints['x-envoy-attempt-count'], '2')
          assert.ok(record.is_full)
        }
        const [first, second] = attempts
        assert.ok(first && second && first.arrived_ms < second.arrived_ms)
      }
    })

    test('header lines are kept in order, and secrets as hashes', async () => {
      const id = `secrets-${name}`
      const connection = await RawConnection.open(urlOf(name))
      const secrets = ['Authorization: Bearer s3cret', 'Cookie: a=s3cret', 'X-Api-Key: s3cret']
      const headers = [`X-HP-Id: ${id}`, 'X-Two: 1', ...secrets, 'X-Two: 2']
      connection.send(rawRequest('GET /?token=s3cret&a=b', { headers }))
      await connection.answer()
      connection.leave()
      const record = await endedAttempt(urlOf(name), id)
      assert.ok(!JSON.stringify(record).includes('s3cret'))
      const lines = record.headers ?? []
      assert.deepEqual(
        lines.filter(([line]) => line.toLowerCase() === 'x-two').map(([, value]) => value),
        ['1', '2'],
      )
      const [, hash] = lines.find(([line]) => line.toLowerCase() === 'authorization') ?? []
      assert.match(String(hash), /^sha256:[0-9a-f]{16}$/)
      if (name === 'wire') assert.ok(lines.some(([line]) => line === 'X-Api-Key'))
    })

    test('the body is told in pieces, and when it was read', async () => {
      const id = `pieces-${name}`
      const connection = await RawConnection.open(urlOf(name))
      const headers = [`X-HP-Id: ${id}`, 'Content-Length: 8']
      connection.send(rawRequest('POST /upload?digest=true&seed=0', { headers, body: 'ABCD' }))
      await untilActive(1)
      connection.send('EFGX')
      await connection.answer()
      connection.leave()
      const record = await endedAttempt(urlOf(name), id)
      const { times, pieces } = record
      assert.deepEqual([record.body_bytes, record.body_complete], [8, true])
      const hash = createHash('sha256').update('ABCDEFGX').digest('hex')
      assert.deepEqual([record.body_hash, record.first_bad_offset], [`sha256:${hash}`, 7])
      assert.equal(
        (pieces ?? []).reduce((sum, [, size]) => sum + size, 0),
        8,
      )
      assert.ok((times.body_first ?? -1) <= (times.body_last ?? -2))
      assert.ok((times.body_last ?? -1) <= (times.answer_first ?? -2))
      assert.ok((times.answer_last ?? -1) <= (times.end ?? -2))
    })

    test('a refused request is told with the code of the refusal', async () => {
      const id = `refused-${name}`
      await ask(urlOf(name), '/bin/none', { headers: { 'X-HP-Id': id } })
      const { end, status } = await endedAttempt(urlOf(name), id)
      assert.deepEqual([status, end.cause, end.code], [400, 'refused', 'INVALID_REQUEST'])
    })

    test('a run with three ids, one of them twice', async () => {
      const run = `three-${name}`
      for (const id of ['one', 'two', 'two', 'three']) {
        await ask(urlOf(name), '/', { headers: { 'X-HP-Id': `${name}-${id}`, 'X-HP-Run': run } })
      }
      for (const port of [urlOf(name), origin().ports.admin]) {
        const { ids, once: times, duplicated, aborted, odd } = await askRun(port, run)
        assert.deepEqual([ids, times, duplicated, aborted], [3, 2, 1, 0])
        assert.deepEqual(
          odd.map(({ id, why, attempts }) => [id, why, attempts]),
          [[`${name}-two`, ['duplicated'], 2]],
        )
      }
    })
  })
}

suite('gRPC', () => {
  test('a call is recorded by its metadata, with its status', async (t) => {
    const client = new GrpcClient(t, origin().ports.grpc ?? 0)
    const metadata = { 'x-hp-id': 'call', 'grpc-previous-rpc-attempts': '1' }
    await client.ask('/echo.EchoService/Echo', { message: 'hello' }, { metadata })
    const record = await endedAttempt(urlOf('fast'), 'call')
    assert.equal(record.listener, 'grpc')
    assert.equal(record.target, '/echo.EchoService/Echo')
    assert.deepEqual([record.status, record.end.cause, record.end.code], [0, 'complete', 0])
    assert.equal(record.retry_hints['grpc-previous-rpc-attempts'], '1')
  })
})

suite('asking', () => {
  test('an id that is not known is 404, on each port', async () => {
    for (const port of [urlOf('fast'), urlOf('wire'), origin().ports.admin]) {
      const { status, headers, body } = await ask(port, '/ledger/nobody')
      assert.equal(status, 404)
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal((JSON.parse(body.toString()) as { code: string }).code, 'NOT_FOUND')
    }
  })

  test('HEAD answers like GET without the body', async () => {
    await ask(urlOf('fast'), '/', { headers: { 'X-HP-Id': 'head' } })
    await endedAttempt(urlOf('fast'), 'head')
    for (const name of names) {
      const { status, headers, body } = await ask(urlOf(name), '/ledger/head', { method: 'HEAD' })
      assert.deepEqual([status, body.length], [200, 0])
      assert.ok(Number(headers['content-length']) > 100)
    }
  })

  test('a request for the ledger is not recorded, and metrics count those that are', async () => {
    for (const path of ['/ledger/asked', '/ledger?run=asked']) {
      await ask(urlOf('wire'), path, { headers: { 'X-HP-Id': 'asked', 'X-HP-Run': 'asked' } })
    }
    assert.equal((await askLedger(urlOf('fast'), 'asked')).attempts.length, 0)
    const numbers = await scrape(origin())
    assert.ok((numbers.value('hpdummy_ledger_records') ?? 0) > 0)
    assert.equal(numbers.value('hpdummy_ledger_dropped_total'), 0)
  })

  test('an id with any characters is found again', async () => {
    const id = 'a/b?c=%20 d&e'
    await ask(urlOf('fast'), '/', { headers: { 'X-HP-Id': id } })
    for (const port of [urlOf('fast'), urlOf('wire'), origin().ports.admin]) {
      assert.equal((await endedAttempt(port, id)).id, id)
    }
  })
})
