import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'

import { type Attack, MiB, countStatus, pour, storm } from './storm.ts'
import { streamAttacks, streams } from './stream-attacks.ts'

const bodyBytes = Buffer.alloc(MiB, 'b')
const messageBytes = Buffer.alloc(16 * MiB, 'm')

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

/** Whole bodies whose answers come after a while, each with its body. */
function waitingPosts(portName: 'http' | 'wire'): Attack {
  const head = `POST /delay/5000 HTTP/1.1\r\nHost: origin\r\nContent-Length: ${MiB}\r\n\r\n`
  const begin = (socket: Socket): void => {
    socket.write(head)
    socket.write(bodyBytes)
  }
  return (ports, count, spoils) => storm({ port: ports[portName], begin }, count, spoils)
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

/** Each by its name; the count is of connections. */
export const attacks = {
  fastPosts: unfinishedPosts('http', false),
  fastChunkedPosts: unfinishedPosts('http', true),
  wirePosts: unfinishedPosts('wire', false),
  wireChunkedPosts: unfinishedPosts('wire', true),
  fastWaiting: waitingPosts('http'),
  wireWaiting: waitingPosts('wire'),
  wireStreams: streams('wire', { headers: { ':path': '/' }, body: bodyBytes }),
  fastMessages: unfinishedMessages('http', 16 * MiB),
  fastFragments: unfinishedMessages('http', 4096),
  wireMessages: unfinishedMessages('wire', 16 * MiB),
  wireFragments: unfinishedMessages('wire', 4096),
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
  ...streamAttacks,
  tcpDeaf: (ports, count, spoils) => {
    storm({ port: ports.tcpEcho, begin: pour(bodyBytes, 32 * MiB), isDeaf: true }, count, spoils)
  },
} as const satisfies Readonly<Record<string, Attack>>

export type AttackName = keyof typeof attacks
