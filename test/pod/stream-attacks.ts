import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import type { Socket } from 'node:net'

import { post, preface } from '../support/http2-bytes.ts'
import { type Attack, MiB, type Spoils, againMs, storm } from './storm.ts'

const messageBytes = Buffer.alloc(16 * MiB, 'm')

const streamsEach = 50

interface Streams {
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly isEnded?: boolean
}

function manyStreams({ port, headers, body, isEnded = false }: Streams, spoils: Spoils): void {
  let left = 3
  const come = (): void => {
    if (left-- <= 0) return
    // Windows so large that only the connection's own buffers hold an answer back.
    const settings = { initialWindowSize: 2 ** 31 - 1 }
    const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${port}`, { settings })
    session.once('connect', () => {
      session.setLocalWindowSize(2 ** 31 - 1)
      for (let place = 0; place < streamsEach; place++) {
        const stream = session.request({ ':method': 'POST', ...headers }, { endStream: false })
        spoils.opened++
        stream.on('error', () => {})
        stream.on('response', ({ ':status': status }) => {
          spoils.statuses[String(status)] = (spoils.statuses[String(status)] ?? 0) + 1
        })
        stream.once('close', () => spoils.cut++)
        stream.write(body, () => (spoils.sentBytes += body.length))
        if (isEnded) stream.end()
      }
    })
    session.on('error', () => {})
    session.once('close', () => setTimeout(come, againMs))
  }
  come()
}

/** A gRPC message of `length` bytes, of which `body` is what is sent. */
function grpcMessage(length: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, body])
}

const grpcHeaders = { 'content-type': 'application/grpc', te: 'trailers' }

// ServerStreamRequest{response: {size: 1 MiB}, count: 1000}
const endless = Buffer.from('0a040880804020e807', 'hex')

/** Many streams of `what` on each connection, by a client that takes all that comes. */
export function streams(portName: 'wire' | 'grpc', what: Omit<Streams, 'port'>): Attack {
  return (ports, count, spoils) => {
    for (let place = 0; place < count; place++) {
      manyStreams({ port: ports[portName], ...what }, spoils)
    }
  }
}

/** What is asked on each stream of a connection of which nothing at all is read, not even the answers' heads. */
interface Asked {
  readonly path: string
  readonly body: Buffer
  /** Streams on one connection. */
  readonly each: number
  readonly isEnded?: boolean
}

function deafStreams(
  portName: 'wire' | 'grpc',
  { path, body, each, isEnded = true }: Asked,
): Attack {
  const headers = { ':path': path, ...(portName === 'grpc' && grpcHeaders) }
  const asked = Array.from({ length: each }, (_, place) => post(place, headers, { body, isEnded }))
  const bytes = Buffer.concat([preface(), ...asked])
  const begin = (socket: Socket): void => void socket.write(bytes)
  return (ports, count, spoils) => {
    storm({ port: ports[portName], begin, isDeaf: true }, count, spoils)
  }
}

function deafCalls({
  message,
  ...asked
}: Omit<Asked, 'body'> & { readonly message: Buffer }): Attack {
  return deafStreams('grpc', { ...asked, body: grpcMessage(message.length, message) })
}

const oneByte = Buffer.alloc(1)
const bodyBytes = Buffer.alloc(MiB / 4, 'b')

// UnaryRequest{response: {size: 8 KiB}}
const small = Buffer.from('0a03088040', 'hex')

// UnaryRequest{manner: {delay_ms: 60,000}, payload: 1 MiB}
const sleeping = Buffer.concat([
  Buffer.from('12090900000000004ced401a808040', 'hex'),
  messageBytes.subarray(0, MiB),
])

// ServerReflectionRequest{file_containing_symbol: "hpdummy.v1.Origin"}
const fileOfOrigin = Buffer.concat([Buffer.from('2211', 'hex'), Buffer.from('hpdummy.v1.Origin')])

// StreamingOutputCallRequest{response_parameters: [{}, {}, ...]}
const many = Buffer.alloc(15 * MiB, Buffer.from('1200', 'hex'))

/** Streams of HTTP/2 that hold memory, by name. */
export const streamAttacks = {
  wireDeafStreams: deafStreams('wire', { path: '/bin/1G', body: oneByte, each: 100 }),
  wireDeafSeeded: deafStreams('wire', { path: '/bin/1G?seed=7', body: oneByte, each: 100 }),
  wireDeafStreamEchoes: deafStreams('wire', { path: '/', body: bodyBytes, each: 100 }),
  grpcMessages: streams('grpc', {
    headers: { ...grpcHeaders, ':path': '/hpdummy.v1.Origin/Unary' },
    body: grpcMessage(15 * MiB, messageBytes.subarray(0, 15 * MiB - 1)),
  }),
  grpcDeaf: streams('grpc', {
    headers: { ...grpcHeaders, ':path': '/hpdummy.v1.Origin/ServerStream' },
    body: grpcMessage(endless.length, endless),
    isEnded: true,
  }),
  grpcDeafSockets: deafCalls({
    path: '/hpdummy.v1.Origin/ServerStream',
    message: endless,
    each: 50,
  }),
  grpcDeafSmall: deafCalls({ path: '/hpdummy.v1.Origin/Unary', message: small, each: 5000 }),
  grpcSleeping: deafCalls({ path: '/hpdummy.v1.Origin/Unary', message: sleeping, each: 50 }),
  grpcDeafReflection: deafCalls({
    path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    message: fileOfOrigin,
    each: 2000,
    isEnded: false,
  }),
  grpcMany: deafCalls({
    path: '/grpc.testing.TestService/StreamingOutputCall',
    message: many,
    each: 1,
  }),
} as const
