// Clients that send what must come first one byte a second.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { suite, test } from 'node:test'

import { preface } from '../support/http2-bytes.ts'
import { remember } from '../support/leftovers.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'
import { until, within } from '../support/wait.ts'

// 60 s at most, and Node looks every 30 s.
const endedMs = 100_000

const head = Buffer.from(`GET / HTTP/1.1\r\nHost: origin\r\nX-Slow: ${'a'.repeat(200)}`)
// The settings of HTTP/2 take longer than the time there is.
const slowSettings = Buffer.concat([
  preface().subarray(0, 24),
  Buffer.from([0, 0, 200, 4, 0, 0, 0, 0, 0]),
  Buffer.alloc(200),
])
// A ClientHello of 512 bytes, by its head.
const hello = Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), Buffer.alloc(200)])

/** Sends a byte a second until the other side ends the connection; resolves to what came. */
function sendSlowly(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  remember(socket)
  let sent = 0
  const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 1000)
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  socket.on('error', () => {})
  return new Promise((resolve) => {
    socket.once('close', () => {
      clearInterval(timer)
      resolve(Buffer.concat(pieces).toString('latin1'))
    })
  })
}

function requestsIn({ log }: TestOrigin): readonly string[] {
  const lines = log.filter(({ msg }) => msg === 'request')
  return lines.map(({ listener, method, status }) => [listener, method, status].join(' '))
}

suite('a client that sends one byte a second', () => {
  test('is let go on every listener, and a 408 of wire is told once', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true, 'log.requests': true })
    const { ports } = origin
    const { https = 0, wireTls = 0, grpcTls = 0 } = ports
    const silent = /^$/
    const cases = {
      fast: [ports.http, head, silent],
      'fast, TLS': [https, hello, silent],
      wire: [ports.wire, head, /^HTTP\/1\.1 408 /],
      'wire, TLS': [wireTls, hello, silent],
      gRPC: [ports.grpc, slowSettings, /^/],
      'gRPC, TLS': [grpcTls, hello, silent],
      admin: [ports.admin, head, /^HTTP\/1\.1 408 /],
    } as const
    await Promise.all(
      Object.entries(cases).map(async ([what, [port, bytes, answer]]) => {
        const came = await within(`the end of ${what}`, sendSlowly(port, bytes), { ms: endedMs })
        assert.match(came, answer, what)
      }),
    )
    await until('its line in the log', () => requestsIn(origin), {
      holds: (lines) => lines.length > 0,
    })
    const numbers = await scrape(origin)
    const counted = numbers.value('http_server_request_duration_seconds_count', {
      http_response_status_code: '408',
    })
    assert.equal(counted, 1)
    assert.equal(numbers.value('http_server_request_duration_seconds_count'), 1)
    assert.deepEqual(requestsIn(origin), ['wire _OTHER 408'])
  })
})
