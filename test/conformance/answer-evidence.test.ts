import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { suite, test } from 'node:test'

import { type Answer, ask, jsonOf } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'
import { type RawAnswer, RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { askHttp2, openHttp2 } from './wire-http2-client.ts'

const origin = useOrigin({ 'identity.pod': 'pod-7', 'identity.zone': 'zone-1' })

const withId = { 'x-hp-id': 'order-66' }

/** The metrics of a Server-Timing field, in ms by name. */
function timesOf(field: unknown): Readonly<Record<string, number>> {
  const parts = String(field).split(', ')
  return Object.fromEntries(
    parts.map((part) => {
      const match = /^(\w+);dur=([\d.]+)$/.exec(part) ?? assert.fail(`not a metric: ${part}`)
      return [match[1], Number(match[2])]
    }),
  )
}

interface Told {
  readonly id: string
  readonly request: number
  readonly age: number
  readonly idle: number
}

function connectionOf(field: unknown): Told {
  const match = /^(\d+-\d+); request=(\d+); age=(\d+); idle=(\d+)$/.exec(String(field))
  const [, id = '', request, age, idle] = match ?? assert.fail(`not a connection: ${String(field)}`)
  return { id, request: Number(request), age: Number(age), idle: Number(idle) }
}

function portOf(listener: 'http' | 'wire'): number {
  return origin().ports[listener]
}

function evidenceIn({ headers }: Answer): readonly string[] {
  return Object.keys(headers).filter((name) => /^(?:x-hp-|server-timing)/.test(name))
}

for (const listener of ['http', 'wire'] as const) {
  suite(listener, () => {
    test('an answer to a request with an id says who gave it and how long it took', async () => {
      for (const path of ['/', '/bin/10', '/status/503', '/bin/no']) {
        const answer = await ask(portOf(listener), path, { headers: withId })
        assert.deepEqual(
          [answer.headers['x-hp-pod'], answer.headers['x-hp-zone']],
          ['pod-7', 'zone-1'],
        )
        assert.ok(answer.headers['x-hp-version'] !== undefined && answer.headers['x-request-id'])
        assert.equal(answer.headers['x-hp-node'], undefined)
        assert.deepEqual(Object.keys(timesOf(answer.headers['server-timing'])), ['queue', 'work'])
      }
    })

    test('other answers do not, before and after', async () => {
      for (const headers of [{}, withId, {}]) {
        const evidence = evidenceIn(await ask(portOf(listener), '/bin/10', { headers }))
        assert.equal(evidence.length > 0, 'x-hp-id' in headers)
      }
    })

    test('the echo says who gave it to everybody', async () => {
      const { identity } = jsonOf(await ask(portOf(listener), '/'))
      const { pod, zone, node } = identity as Readonly<Record<string, unknown>>
      assert.deepEqual([pod, zone, node], ['pod-7', 'zone-1', null])
    })

    test('a delay is work, the time in the queue of the pool is not, nor the wait for a body', async () => {
      const delayed = await ask(portOf(listener), '/delay/80', { headers: withId })
      assert.ok((timesOf(delayed.headers['server-timing'])['work'] ?? 0) >= 79)
      const worked = await ask(portOf(listener), '/work/30', { headers: withId })
      const { queued_ms: queued } = jsonOf(worked)
      const times = timesOf(worked.headers['server-timing'])
      assert.ok((times['queue'] ?? 0) >= Number(queued))
      assert.ok((times['work'] ?? 0) >= 29)
      const body = [Buffer.from('a'), Buffer.from('b')]
      const uploaded = await ask(portOf(listener), '/upload', {
        method: 'POST',
        headers: withId,
        body,
      })
      assert.ok((timesOf(uploaded.headers['server-timing'])['body'] ?? 0) > 0)
    })

    test('evidence.headers has it in every answer', async (t) => {
      const talkative = await startOrigin(t, { 'evidence.headers': true })
      for (let request = 0; request < 2; request++) {
        const { headers } = await ask(talkative.ports[listener], '/bin/10')
        assert.equal(headers['x-hp-pod'], hostname())
        assert.ok('server-timing' in headers)
      }
    })
  })
}

suite('only on the wire listener', () => {
  test('a connection has one id, counts its requests and tells their idle time', async () => {
    const connection = await RawConnection.open(`http://127.0.0.1:${origin().ports.wire}`)
    const answers: RawAnswer[] = []
    for (let request = 0; request < 3; request++) {
      connection.send(rawRequest('GET /bin/1', { headers: ['X-HP-Id: order-66'] }))
      answers.push(await connection.answer())
    }
    connection.leave()
    const told = answers.map((answer) => connectionOf(headerOf(answer, 'x-hp-connection')))
    assert.deepEqual(
      told.map(({ id, request }) => [id, request]),
      [1, 2, 3].map((request) => [told[0]?.id, request]),
    )
    for (const { age, idle } of told) assert.ok(age + 1 >= idle)
    const other = await ask(origin().ports.wire, '/', { headers: withId })
    assert.notEqual(connectionOf(other.headers['x-hp-connection']).id, told[0]?.id)
  })

  test('the time of writing is a trailer, of answers without Content-Length', async () => {
    const port = origin().ports.wire
    const chunked = await ask(port, '/chunked/3?delay=30', { headers: withId })
    assert.ok((timesOf(chunked.trailers['server-timing'])['write'] ?? 0) >= 59)
    const sized = await ask(port, '/bin/10', { headers: withId })
    assert.deepEqual([sized.trailers, sized.headers['trailer']], [{}, undefined])
    const own = await ask(port, '/trailers?X-A=1', { headers: withId })
    assert.deepEqual(own.trailers['x-a'], '1')
  })

  test('streams of HTTP/2 have the same', async () => {
    const session = await openHttp2(`http://127.0.0.1:${origin().ports.wire}`)
    const first = await askHttp2(session, { ':path': '/', ...withId })
    const second = await askHttp2(session, { ':path': '/sse?count=1', ...withId })
    session.close()
    const told = [first, second].map(({ headers }) => connectionOf(headers['x-hp-connection']))
    assert.deepEqual([told[0]?.id, told[0]?.request, told[1]?.request], [told[1]?.id, 1, 2])
    assert.ok('write' in timesOf(second.trailers?.['server-timing']))
  })
})
