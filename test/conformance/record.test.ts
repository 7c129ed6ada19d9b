// Each way an exchange over HTTP can end, on each listener that has it: every observer hears of it exactly once.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'

import { RawConnection, rawRequest } from '../support/raw.ts'
import { readActivity, useOrigin } from '../support/shared-origin.ts'
import { until, within } from '../support/wait.ts'
import { Told } from './told.ts'
import { askHttp2, openHttp2 } from './wire-http2-client.ts'
import { askForWs, handshakeHeaders, openWs } from './ws-client.ts'

const origin = useOrigin({ 'log.requests': true, 'limits.body': '64K' })
const told = new Told(origin)

type Name = 'fast' | 'wire'
const urlOf = (name: Name): string =>
  name === 'fast' ? origin().url : `http://127.0.0.1:${origin().ports.wire}`

/** Sends bytes on a connection of their own; the client reads until the origin ends it. */
async function sendWhole(name: Name, bytes: string): Promise<void> {
  const connection = await RawConnection.open(urlOf(name))
  connection.send(bytes)
  await within('the end of the connection', connection.closed)
  connection.leave()
}

/** Sends bytes on a connection of their own; once `count` requests are at work, the client leaves. */
async function leaveDuring(
  name: Name,
  bytes: string,
  { how, count = 1 }: { readonly how: 'FIN' | 'RST'; readonly count?: number },
): Promise<void> {
  const connection = await RawConnection.open(urlOf(name))
  connection.socket.pause()
  connection.send(bytes)
  await untilActive(count)
  if (how === 'RST') connection.socket.resetAndDestroy()
  else connection.leave()
}

async function untilActive(count: number): Promise<void> {
  await until(`${count} requests at work`, () => readActivity(origin()), {
    holds: ({ requests }) => requests === count,
  })
}

const closing = { headers: ['Connection: close'] }
const asking = (line: string): string => rawRequest(line, closing)
const half = rawRequest('POST /upload', { headers: ['Content-Length: 1000'], body: 'half' })
const tooLong = rawRequest('POST /upload', {
  headers: ['Content-Length: 70000', 'Connection: close'],
})
const continued = rawRequest('POST /upload', {
  headers: ['Expect: 100-continue', 'Content-Length: 4', 'Connection: close'],
  body: 'body',
})
const several = rawRequest('GET /delay/60000').repeat(3)
const oldHandshake = handshakeHeaders.map((line) => line.replace('Version: 13', 'Version: 12'))

type Way = readonly [what: string, act: () => Promise<unknown>, told: readonly string[]]

const both = (name: Name): readonly Way[] => [
  ['answered', () => sendWhole(name, asking('GET /bin/1K')), ['GET /bin/{size} 200']],
  [
    'answered without a body',
    () => sendWhole(name, asking('HEAD /bin/1K')),
    ['HEAD /bin/{size} 200'],
  ],
  ['an unknown path', () => sendWhole(name, asking('GET /what')), ['GET / 200']],
  ['a refused parameter', () => sendWhole(name, asking('GET /bin/none')), ['GET /bin/{size} 400']],
  [
    'a refused method',
    () => sendWhole(name, asking('DELETE /api/v1/stats')),
    ['DELETE /api/v1/stats 405'],
  ],
  ['a refused body', () => sendWhole(name, tooLong), ['POST /upload 413']],
  ['after an interim answer', () => sendWhole(name, continued), ['POST /upload 200']],
  [
    'pipelined',
    () => sendWhole(name, rawRequest('GET /status/201') + asking('GET /status/202')),
    ['GET /status/{code} 201', 'GET /status/{code} 202'],
  ],
  ...(['FIN', 'RST'] as const).flatMap((how): Way[] => [
    [
      `cut by the client in the middle of the answer (${how})`,
      () => leaveDuring(name, rawRequest('GET /bin/10G'), { how }),
      ['GET /bin/{size} 200 aborted'],
    ],
    [
      `cut by the client in the middle of its body (${how})`,
      () => leaveDuring(name, half, { how }),
      ['POST /upload 499 aborted'],
    ],
  ]),
  [
    'cut by the client while it waits',
    () => leaveDuring(name, rawRequest('GET /delay/60000'), { how: 'RST' }),
    ['GET /delay/{ms}/{readDelayMs?} 499 aborted'],
  ],
  [
    'an upgrade',
    async () => {
      const { socket, closed } = await openWs(`${urlOf(name)}/ws`)
      socket.close()
      await closed
    },
    ['GET /ws/{anything?} 101'],
  ],
  [
    'a refused upgrade',
    async () => (await askForWs(urlOf(name), '/ws', oldHandshake)).connection.leave(),
    ['GET /ws/{anything?} 400'],
  ],
  [
    'a WebSocket path without an upgrade',
    () => sendWhole(name, asking('GET /ws')),
    ['GET /ws/{anything?} 400'],
  ],
]

for (const name of ['fast', 'wire'] as const) {
  suite(`on the ${name} listener each end is told once`, () => {
    for (const [what, act, expected] of both(name)) {
      test(what, async () => {
        await act()
        assert.deepEqual(await told.since(), expected.map((line) => `${name} ${line}`).toSorted())
      })
    }
  })
}

const onlyFast: readonly Way[] = [
  [
    'left with a FIN while it waits',
    () => leaveDuring('fast', rawRequest('GET /delay/60000'), { how: 'FIN' }),
    ['fast GET /delay/{ms}/{readDelayMs?} 499 aborted'],
  ],
  [
    'answers that only the wire listener has',
    () => sendWhole('fast', asking('GET /trailers?a=b')),
    ['fast GET /trailers 501'],
  ],
  [
    'cut by the origin: a request came while an answer was pending',
    () => sendWhole('fast', several),
    ['fast GET /delay/{ms}/{readDelayMs?} 499 aborted'],
  ],
  // uWebSockets answers these by itself and says nothing: no observer can hear of them.
  ['garbage', () => sendWhole('fast', 'no request\r\n\r\n'), []],
]

const onlyWire: readonly Way[] = [
  [
    'cut by the client while several wait',
    () => leaveDuring('wire', several, { how: 'RST', count: 3 }),
    Array.from({ length: 3 }, () => 'wire GET /delay/{ms}/{readDelayMs?} 499 aborted'),
  ],
  [
    'half closed while it waits, which is no end',
    async () => {
      const connection = await RawConnection.open(urlOf('wire'))
      connection.socket.end(rawRequest('GET /delay/50'))
      await within('the answer and the end', connection.closed)
      connection.leave()
    },
    ['wire GET /delay/{ms}/{readDelayMs?} 200'],
  ],
  [
    'interim answers',
    () => sendWhole('wire', asking('GET /early-hints')),
    ['wire GET /early-hints 200'],
  ],
  ['trailers', () => sendWhole('wire', asking('GET /trailers?a=b')), ['wire GET /trailers 200']],
  ['CONNECT', () => sendWhole('wire', rawRequest('CONNECT other:443')), ['wire CONNECT / 405']],
  [
    'an unknown expectation',
    () =>
      sendWhole(
        'wire',
        rawRequest('GET /bin/1K', { headers: ['Expect: tea', 'Connection: close'] }),
      ),
    ['wire GET / 417'],
  ],
  ['garbage', () => sendWhole('wire', 'no request\r\n\r\n'), ['wire _OTHER / 400']],
  [
    'a method the parser does not know',
    () => sendWhole('wire', asking('BREW /')),
    ['wire _OTHER / 501'],
  ],
  [
    'garbage after a request',
    () => sendWhole('wire', `${rawRequest('GET /status/201')}\0\0\0\0`),
    ['wire GET /status/{code} 201', 'wire _OTHER / 400'],
  ],
  [
    'garbage in a body',
    () =>
      sendWhole(
        'wire',
        rawRequest('POST /upload', { headers: ['Transfer-Encoding: chunked'], body: 'zz\r\n' }),
      ),
    ['wire POST /upload 400'],
  ],
  // RFC 9112 9.6: what follows the last request of a connection is not served.
  [
    'pipelined behind the last request',
    () => sendWhole('wire', asking('GET /status/201') + rawRequest('GET /status/202')),
    ['wire GET /status/{code} 201'],
  ],
  [
    'HTTP/2: answered, refused, reset, cut',
    async () => {
      const session = await openHttp2(urlOf('wire'))
      await askHttp2(session, { ':path': '/status/201' })
      await askHttp2(session, { ':path': '/bin/none' })
      const stream = session.request({ ':path': '/delay/60000' })
      stream.on('error', () => {})
      await untilActive(1)
      stream.close(8)
      await untilActive(0)
      const held = ['/delay/60001', '/delay/60002'].map((path) =>
        session.request({ ':path': path }),
      )
      for (const one of held) one.on('error', () => {})
      await untilActive(2)
      session.destroy()
    },
    [
      'wire GET /status/{code} 201',
      'wire GET /bin/{size} 400',
      'wire GET /delay/{ms}/{readDelayMs?} 499 aborted',
      'wire GET /delay/{ms}/{readDelayMs?} 499 aborted',
      'wire GET /delay/{ms}/{readDelayMs?} 499 aborted',
    ],
  ],
  [
    'HTTP/2: a WebSocket, and CONNECT without one',
    async () => {
      const session = await openHttp2(urlOf('wire'))
      const connect = { ':method': 'CONNECT', ':scheme': 'http', ':authority': 'origin' }
      const socket = session.request({
        ...connect,
        ':protocol': 'websocket',
        ':path': '/ws',
        'sec-websocket-version': '13',
      })
      socket.on('error', () => {})
      await within('the answer to CONNECT', once(socket, 'response'))
      const { status } = await askHttp2(session, {
        ':method': 'CONNECT',
        ':authority': 'other:443',
      })
      assert.equal(status, 405)
      session.destroy()
    },
    ['wire CONNECT /ws/{anything?} 200', 'wire CONNECT / 405'],
  ],
]

for (const [name, ways] of [
  ['fast', onlyFast],
  ['wire', onlyWire],
] as const) {
  suite(`ends that only the ${name} listener has are told once`, () => {
    for (const [what, act, expected] of ways) {
      test(what, async () => {
        await act()
        assert.deepEqual(await told.since(), expected.toSorted())
      })
    }
  })
}
