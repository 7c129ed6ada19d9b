// Clients of every listener, to be run on a machine that vanishes: `node vanishing-clients.ts ADDRESS PORTS`. Says so
// when each has what it waits for.
import { once } from 'node:events'
import { connect } from 'node:net'

import { post, preface } from '../support/http2-bytes.ts'
import type { OpenPorts } from '../support/origin.ts'

const [, , address = '', portsText = ''] = process.argv
const ports = JSON.parse(portsText) as OpenPorts

function get(target: string, ...headers: readonly string[]): string {
  return `${[`GET ${target} HTTP/1.1`, 'Host: origin', ...headers].join('\r\n')}\r\n\r\n`
}

const webSocket = get(
  '/ws',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
)
const grpcHeaders = { 'content-type': 'application/grpc', te: 'trailers' }
const watch = { ':path': '/grpc.health.v1.Health/Watch', ...grpcHeaders }
const emptyMessage = { body: Buffer.alloc(5), isEnded: true }

/** What each client says; all but the held one wait for something to come back. */
const clients: readonly (readonly [port: number, bytes: string | Buffer, isAnswered: boolean])[] = [
  [ports.http, webSocket, true],
  [ports.http, get('/delay/3600000'), false],
  [ports.wire, webSocket, true],
  [ports.wire, get('/bin/1K'), true],
  [ports.wire, get('/delay/3600000'), false],
  [ports.wire, get('/delay/3600000').repeat(20_000), false],
  [ports.wire, preface(), true],
  [ports.grpc, preface(), true],
  [ports.grpc, Buffer.concat([preface(), post(0, watch, emptyMessage)]), true],
  [ports.tcpEcho, 'hello\n', true],
  [ports.tcpDiscard, 'hello\n', false],
]

await Promise.all(
  clients.map(async ([port, bytes, isAnswered]) => {
    const socket = connect(port, address)
    // What happens here then is nobody's concern.
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(bytes)
    if (isAnswered) await once(socket, 'data')
    socket.resume()
  }),
)
process.stdout.write('connected\n')
setInterval(() => {}, 60_000)
