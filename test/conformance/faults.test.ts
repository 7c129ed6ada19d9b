// Every fault on every listener that has it: the exact bytes, the exact end, and that nothing else suffers.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { garbageLine } from '../../app/traffic/faults/status-line.ts'
import { byteFaults, faults } from '../../app/traffic/faults/table.ts'
import { ask } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'
import {
  type WholeExchange,
  exchangeWhole,
  getText,
  patternText,
  withoutChunking,
} from '../support/whole-exchange.ts'

/** What a fault does to `GET /bin/100` on HTTP/1.1. */
interface Case {
  /** As in the query. */
  readonly hp: string
  readonly only?: 'wire'
  readonly target?: string
  readonly head?: RegExp | ''
  /** The body; its bytes alone where it is text. */
  readonly body?: string | ((answer: WholeExchange) => void)
  /** How the connection ends by itself; it stays open where nothing is said. */
  readonly end?: string
}

const ok = /^HTTP\/1\.1 200 OK\r\n/
const pattern = patternText(100)

const flipped = (at: number): ((answer: WholeExchange) => void) => {
  const expected = Buffer.from(pattern)
  expected[at] = (expected[at] ?? 0) ^ 0xff
  return ({ body }) => assert.deepEqual(body, expected)
}

/** At least so long between the first byte and the last; how long it takes at most is the machine's affair. */
const spread = (ms: number): ((answer: WholeExchange) => void) => {
  return ({ body, firstMs, lastMs }) => {
    assert.equal(body.toString(), pattern)
    assert.ok(lastMs - firstMs >= ms - 25, `${lastMs - firstMs} ms instead of ${ms}`)
  }
}

const cases: readonly Case[] = [
  { hp: 'delay=150ms', body: ({ firstMs }) => assert.ok(firstMs >= 149, `${firstMs}`) },
  { hp: 'body-delay=150ms', only: 'wire', body: spread(150) },
  {
    hp: 'status=503',
    head: /^HTTP\/1\.1 503 Service Unavailable\r\n/,
    body: ({ body }) => {
      assert.equal(JSON.parse(body.toString()).code, 'INJECTED')
    },
  },
  { hp: 'status=204', head: /^HTTP\/1\.1 204 No Content\r\n/, body: '' },
  { hp: 'size=40', head: /\r\ncontent-length: 40(?:\r\n|$)/i, body: patternText(40) },
  { hp: 'close=true', head: /\r\nconnection: close(?:\r\n|$)/i, body: pattern, end: 'FIN' },
  { hp: 'header=X-Foo:Bar%20baz', head: /\r\nX-Foo: Bar baz(?:\r\n|$)/, body: pattern },
  { hp: 'rate=500/s', head: /\r\ncontent-length: 100(?:\r\n|$)/i, body: spread(180) },
  { hp: 'bandwidth=500/s', body: spread(180) },
  { hp: 'slice=30/60ms', body: spread(180) },
  { hp: 'slice=30%C2%B15/60ms', body: spread(120) },
  { hp: 'drip=4/240ms', body: spread(180) },
  { hp: 'drip=4/240ms', target: '/bin/100?chunked=true', head: /transfer-encoding: chunked/i },
  {
    hp: 'quota=0/60s',
    head: /^HTTP\/1\.1 429 /,
    body: ({ head }) => assert.match(head, /\r\nRetry-After: \d+/i),
  },
  { hp: 'fault=reset@headers', only: 'wire', head: '', end: 'ECONNRESET' },
  { hp: 'fault=connection_reset_by_peer', only: 'wire', head: '', end: 'ECONNRESET' },
  { hp: 'fault=reset@body:40', only: 'wire', body: patternText(40), end: 'ECONNRESET' },
  { hp: 'fault=reset@0', only: 'wire', body: '', end: 'ECONNRESET' },
  { hp: 'fault=truncate@40', body: patternText(40), end: 'FIN' },
  { hp: 'fault=limit_data@40', body: patternText(40), end: 'FIN' },
  { hp: 'fault=stall@40:200ms', body: spread(200) },
  { hp: 'fault=stall@headers:200ms', body: ({ firstMs }) => assert.ok(firstMs >= 199) },
  { hp: 'fault=corrupt@0', body: flipped(0) },
  { hp: 'fault=corrupt@99', body: flipped(99) },
  { hp: 'fault=no-answer', head: '', end: 'FIN' },
  { hp: 'fault=empty_response', head: '', end: 'FIN' },
  {
    hp: 'fault=cl=+10',
    only: 'wire',
    head: /\r\ncontent-length: 110(?:\r\n|$)/i,
    body: pattern,
    end: 'FIN',
  },
  {
    hp: 'fault=cl=-10',
    only: 'wire',
    head: /\r\ncontent-length: 90(?:\r\n|$)/i,
    body: pattern,
    end: 'FIN',
  },
  {
    hp: 'fault=half-close',
    only: 'wire',
    head: /^(?!.*connection: close)/is,
    body: pattern,
    end: 'FIN',
  },
  {
    hp: 'fault=slow-close=300ms',
    only: 'wire',
    head: /\r\nconnection: close(?:\r\n|$)/i,
    body: ({ body, lastMs, endMs }) => {
      assert.equal(body.toString(), pattern)
      assert.ok(endMs - lastMs >= 275, `${endMs - lastMs} ms instead of 300`)
    },
    end: 'FIN',
  },
  ...(['fin', 'rst'] as const).map((by): Case => ({
    hp: `fault=idle-close=uniform(200ms,210ms):${by}`,
    only: 'wire',
    head: /^(?!.*connection: close)/is,
    body: ({ body, lastMs, endMs }) => {
      assert.equal(body.toString(), pattern)
      // When a reset came is not told.
      assert.ok(by === 'rst' || endMs - lastMs >= 175, `${endMs - lastMs} ms instead of 200`)
    },
    end: by === 'fin' ? 'FIN' : 'ECONNRESET',
  })),
  { hp: 'fault=garbage-after=12', only: 'wire', body: `${pattern}garbage garb` },
  {
    hp: 'fault=status-line=garbage',
    only: 'wire',
    head: new RegExp(`^${garbageLine}\r\n`),
    body: pattern,
    end: 'FIN',
  },
  {
    hp: 'fault=head=two-lengths',
    only: 'wire',
    head: /\r\ncontent-length: 100\r\n(?:.*\r\n)*Content-Length: 7$/i,
    body: pattern,
    end: 'FIN',
  },
  {
    hp: 'fault=head=length-and-chunks',
    only: 'wire',
    head: /\r\ntransfer-encoding: chunked\r\n(?:.*\r\n)*Content-Length: 7$/i,
    end: 'FIN',
  },
  { hp: 'fault=head=obs-fold', only: 'wire', head: /\r\nX-HP-Fold: one\r\n two$/, body: pattern },
  { hp: 'fault=head=space-colon', only: 'wire', head: /\r\nX-HP-Space : one$/, body: pattern },
  { hp: 'fault=head=bare-cr', only: 'wire', head: /\r\nX-HP-Control: one\rX-HP/, body: pattern },
  { hp: 'fault=head=nul', only: 'wire', head: /\r\nX-HP-Control: one\0two$/, body: pattern },
  { hp: 'fault=head=no-date', only: 'wire', head: /^(?!.*\r\ndate:)/is, body: pattern },
  {
    hp: 'fault=head=old',
    only: 'wire',
    head: /^HTTP\/1\.0 200 OK\r\n(?!.*\r\nconnection:)/is,
    body: pattern,
  },
  {
    hp: 'fault=chunk=badsize',
    only: 'wire',
    head: /transfer-encoding: chunked/i,
    body: ({ body }) => {
      assert.equal(body.toString(), `64\r\n${pattern}\r\nzz\r\n`)
    },
    end: 'FIN',
  },
  {
    hp: 'fault=1xx=102x3',
    only: 'wire',
    head: /^HTTP\/1\.1 102 Processing$/,
    body: ({ body }) => {
      const [second, third, last = ''] = body.toString().split('\r\n\r\n')
      assert.deepEqual([second, third], ['HTTP/1.1 102 Processing', 'HTTP/1.1 102 Processing'])
      assert.match(last, /^HTTP\/1\.1 200 OK/)
    },
  },
]

// Asked for over HTTP/2 and gRPC only, faults-http2.test.ts and grpc-faults.test.ts have them; faults-idle.test.ts has the race.
const notOnHttp1: ReadonlySet<string> = new Set([
  'rst-stream',
  'frame',
  'goaway',
  'grpc-status',
  'keep-alive-race',
])

test('every fault is among the cases', () => {
  for (const { name } of faults) {
    const word = byteFaults.some((one) => one.name === name) ? `fault=${name}` : `${name}=`
    assert.ok(notOnHttp1.has(name) || cases.some(({ hp }) => hp.startsWith(word)), name)
  }
})

const origin = useOrigin()

for (const listener of ['http', 'wire'] as const) {
  const port = (): number => origin().ports[listener]
  const fitting = cases.filter(({ only }) => only !== 'wire' || listener === 'wire')

  suite(`on ${listener}`, () => {
    for (const { hp, target = '/bin/100', head = ok, body = pattern, end } of fitting) {
      const asked = `${target}${target.includes('?') ? '&' : '?'}hp-${hp}`

      test(`${hp}${target === '/bin/100' ? '' : ` of ${target}`}`, async () => {
        // A connection that stays open is ended by the request after it.
        const after = end === undefined ? getText('/status/204', 'Connection: close') : undefined
        const answer = await exchangeWhole(
          port(),
          getText(asked),
          after === undefined ? {} : { next: after },
        )
        if (head === '') assert.equal(answer.head, '')
        else assert.match(answer.head, head)
        const at = after === undefined ? -1 : answer.body.lastIndexOf('HTTP/1.1 204 ')
        assert.ok(
          after === undefined || at >= 0,
          'the next request on the connection is not answered',
        )
        const own = { ...answer, body: at === -1 ? answer.body : answer.body.subarray(0, at) }
        if (/transfer-encoding: chunked/i.test(answer.head) && typeof body === 'string') {
          assert.equal(withoutLastChunk(own.body), body)
        } else if (typeof body === 'string') {
          assert.equal(own.body.toString(), head === '' ? '' : body)
        } else {
          body(own)
        }
        assert.equal(answer.end, end ?? 'FIN')
      })
    }

    test('no fault touches another exchange of the process', async () => {
      const others = Array.from({ length: 4 }, () =>
        exchangeWhole(port(), getText('/drip?bytes=600&duration=900ms', 'Connection: close')),
      )
      for (const { hp } of fitting) {
        await exchangeWhole(port(), getText(`/bin/100?hp-${hp}`), {
          next: getText('/status/204', 'Connection: close'),
        })
      }
      for (const { head, body, end } of await Promise.all(others)) {
        assert.match(head, ok)
        assert.deepEqual([body.length, end], [600, 'FIN'])
      }
    })

    test('a drain interrupts every wait', async (t) => {
      const draining = await startOrigin(t, {
        'drain.quiet': 0,
        'drain.notice': 0,
        'drain.deadline': '300ms',
      })
      const waits = [
        'delay=1h',
        'fault=stall@headers',
        'fault=stall@5',
        'rate=1/s',
        'slice=1/1h',
        'drip=2/1h',
      ]
      const onWire = [
        'body-delay=1h',
        'fault=slow-close=1h',
        'fault=half-close',
        'fault=idle-close=1h',
      ]
      const all = listener === 'wire' ? [...waits, ...onWire] : waits
      const connections = await Promise.all(
        all.map(async (hp) => {
          const connection = await RawConnection.open(
            `http://127.0.0.1:${draining.ports[listener]}`,
          )
          connection.send(rawRequest(`GET /bin/100?hp-${hp}`))
          return connection
        }),
      )
      // All are being answered once one that came last is.
      await ask(`http://127.0.0.1:${draining.ports[listener]}`, '/bin/1')
      process.kill(draining.pid, 'SIGTERM')
      const code = await within('the end of the process', draining.exited, { ms: 20_000 })
      assert.deepEqual(code, 0)
      for (const connection of connections) await within('its end', connection.closed)
    })
  })
}

function withoutLastChunk(body: Buffer): string {
  const text = body.toString('latin1')
  assert.ok(text.endsWith('0\r\n\r\n'), 'the last chunk is missing')
  return withoutChunking(body.subarray(0, body.length - 5)).toString()
}
