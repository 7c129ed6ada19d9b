import { randomBytes } from 'node:crypto'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { type Socket, connect } from 'node:net'

import type { OpenPorts } from '../support/origin.ts'

/** What came of an attack so far. */
export interface Spoils {
  /** Connections or streams that were opened. */
  opened: number
  /** Bytes that the kernel or the HTTP/2 session took. */
  sentBytes: number
  /** Those the other side ended. */
  cut: number
  /** How often each status came back. */
  readonly statuses: Record<string, number>
}

/** Attacks `count` times at once; what was cut comes back, until it was opened three times as often. */
type Attack = (ports: OpenPorts, count: number, spoils: Spoils) => void

const MiB = 2 ** 20
const bodyBytes = Buffer.alloc(MiB, 'b')
const messageBytes = Buffer.alloc(16 * MiB, 'm')
const againMs = 200

interface Client {
  readonly port: number
  /** Called when the connection stands. */
  readonly begin: (socket: Socket) => void
  /** Nothing that comes is read. */
  readonly isDeaf?: boolean
  /** Called with what comes; else statuses are counted. */
  readonly heard?: (socket: Socket, bytes: Buffer) => void
}

function storm(
  { port, begin, isDeaf = false, heard }: Client,
  count: number,
  spoils: Spoils,
): void {
  let left = 3 * count
  const come = (): void => {
    if (left-- <= 0) return
    const socket = connect({ port, host: '127.0.0.1' })
    if (isDeaf) socket.pause()
    else socket.on('data', (bytes) => (heard ?? countStatus(spoils))(socket, bytes))
    socket.once('connect', () => {
      spoils.opened++
      begin(socket)
    })
    socket.on('error', () => {})
    socket.once('close', () => {
      spoils.sentBytes += socket.bytesWritten
      spoils.cut++
      setTimeout(come, againMs)
    })
  }
  for (let place = 0; place < count; place++) come()
}

function countStatus({ statuses }: Spoils): (socket: Socket, bytes: Buffer) => void {
  return (_socket, bytes) => {
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(bytes.toString('latin1', 0, 12)) ?? []
    if (status !== undefined) statuses[status] = (statuses[status] ?? 0) + 1
  }
}

function post(length: number, isChunked = false): string {
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  const head = `POST / HTTP/1.1\r\nHost: origin\r\n${framing}\r\n\r\n`
  return isChunked ? `${head}${length.toString(16)}\r\n` : head
}

function sendPost(isChunked: boolean): (socket: Socket) => void {
  return (socket) => {
    socket.write(post(MiB, isChunked))
    socket.write(bodyBytes.subarray(1))
  }
}

function unfinishedPosts(portName: 'http' | 'wire', isChunked: boolean): Attack {
  return (ports, count, spoils) => {
    storm({ port: ports[portName], begin: sendPost(isChunked) }, count, spoils)
  }
}

/** Writes `piece` again and again as the socket takes it, up to `most` bytes. */
function pour(piece: Buffer, most: number): (socket: Socket) => void {
  return (socket) => {
    let left = most
    const more = (): void => {
      while (left > 0 && !socket.destroyed) {
        left -= piece.length
        if (!socket.write(piece)) return
      }
    }
    socket.on('drain', more)
    more()
  }
}

/** Requests without end, and no answer is read. */
function deafRequests(portName: 'http' | 'wire', request: Buffer, most: number): Attack {
  return (ports, count, spoils) => {
    storm({ port: ports[portName], begin: pour(request, most), isDeaf: true }, count, spoils)
  }
}

function get(target: string, times: number): Buffer {
  return Buffer.from(`GET ${target} HTTP/1.1\r\nHost: origin\r\n\r\n`.repeat(times))
}

function handshake(target: string): string {
  const key = randomBytes(16).toString('base64')
  const lines = [
    `GET ${target} HTTP/1.1`,
    'Host: origin',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

function ask(target: string): (socket: Socket) => void {
  return (socket) => void socket.write(handshake(target))
}

/** The head of a client's frame (RFC 6455 5.2) whose mask is 0, so that its bytes go as they are. */
function frameHead(length: number, { opcode = 2, isLast = true } = {}): Buffer {
  const head = Buffer.alloc(14)
  head[0] = (isLast ? 0x80 : 0) | opcode
  head[1] = 0x80 | 127
  head.writeBigUInt64BE(BigInt(length), 2)
  return head
}

/** The bytes of one message that lacks its last byte. */
function unfinishedMessage(fragmentBytes: number): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < messageBytes.length; at += fragmentBytes) {
    const isLast = at + fragmentBytes >= messageBytes.length
    const opcode = at === 0 ? 2 : 0
    pieces.push(
      frameHead(fragmentBytes, { opcode, isLast }),
      messageBytes.subarray(0, fragmentBytes),
    )
  }
  return Buffer.concat(pieces).subarray(0, -1)
}

/** Opens WebSockets, then sends; with `isDeaf` nothing is read once they are open. */
function webSockets(
  portName: 'http' | 'wire',
  { target, say, isDeaf = false }: WebSocketManner,
): Attack {
  return (ports, count, spoils) => {
    const heard = (socket: Socket, bytes: Buffer): void => {
      countStatus(spoils)(socket, bytes)
      if (!bytes.toString('latin1').startsWith('HTTP/1.1 101')) return
      if (isDeaf) socket.pause()
      say(socket)
    }
    storm({ port: ports[portName], begin: ask(target), heard }, count, spoils)
  }
}

interface WebSocketManner {
  readonly target: string
  readonly say: (socket: Socket) => void
  readonly isDeaf?: boolean
}

function unfinishedMessages(portName: 'http' | 'wire', fragmentBytes: number): Attack {
  const bytes = unfinishedMessage(fragmentBytes)
  return webSockets(portName, { target: '/ws', say: (socket) => void socket.write(bytes) })
}

const echoedFrame = Buffer.concat([frameHead(64 * 1024), messageBytes.subarray(0, 64 * 1024)])

function deafTalkers(portName: 'http' | 'wire'): Attack {
  return webSockets(portName, { target: '/ws', say: pour(echoedFrame, 32 * MiB), isDeaf: true })
}

function deafListeners(portName: 'http' | 'wire'): Attack {
  const target = '/ws/push?count=0&interval=1ms&size=64K'
  return webSockets(portName, { target, say: () => {}, isDeaf: true })
}

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

function streams(portName: 'wire' | 'grpc', what: Omit<Streams, 'port'>): Attack {
  return (ports, count, spoils) => {
    for (let place = 0; place < count; place++) {
      manyStreams({ port: ports[portName], ...what }, spoils)
    }
  }
}

/** Each by its name; the count is of connections. */
export const attacks = {
  fastPosts: unfinishedPosts('http', false),
  fastChunkedPosts: unfinishedPosts('http', true),
  wirePosts: unfinishedPosts('wire', false),
  wireChunkedPosts: unfinishedPosts('wire', true),
  wireStreams: streams('wire', { headers: { ':path': '/' }, body: bodyBytes }),
  fastMessages: unfinishedMessages('http', 16 * MiB),
  fastFragments: unfinishedMessages('http', 4096),
  wireMessages: unfinishedMessages('wire', 16 * MiB),
  wireFragments: unfinishedMessages('wire', 4096),
  grpcMessages: streams('grpc', {
    headers: { ...grpcHeaders, ':path': '/hpdummy.v1.Origin/Unary' },
    body: grpcMessage(15 * MiB, messageBytes.subarray(0, 15 * MiB - 1)),
  }),
  wireDeaf: deafRequests('wire', get('/bin/64K?chunked=true', 100), MiB),
  fastDeaf: deafRequests('http', get('/bin/1M', 20), MiB),
  fastDeafEchoes: deafRequests(
    'http',
    Buffer.concat([Buffer.from(post(MiB / 4)), bodyBytes.subarray(0, MiB / 4)]),
    8 * MiB,
  ),
  wireDeafEchoes: deafRequests(
    'wire',
    Buffer.concat([Buffer.from(post(MiB / 4)), bodyBytes.subarray(0, MiB / 4)]),
    8 * MiB,
  ),
  fastDeafSse: deafRequests('http', get('/sse?count=0&interval=1ms&size=64K', 1), 1),
  wireDeafSse: deafRequests('wire', get('/sse?count=0&interval=1ms&size=64K', 1), 1),
  fastDeafTalkers: deafTalkers('http'),
  wireDeafTalkers: deafTalkers('wire'),
  fastDeafListeners: deafListeners('http'),
  wireDeafListeners: deafListeners('wire'),
  grpcDeaf: streams('grpc', {
    headers: { ...grpcHeaders, ':path': '/hpdummy.v1.Origin/ServerStream' },
    body: grpcMessage(endless.length, endless),
    isEnded: true,
  }),
  tcpDeaf: (ports, count, spoils) => {
    storm({ port: ports.tcpEcho, begin: pour(bodyBytes, 32 * MiB), isDeaf: true }, count, spoils)
  },
} as const satisfies Readonly<Record<string, Attack>>

export type AttackName = keyof typeof attacks
