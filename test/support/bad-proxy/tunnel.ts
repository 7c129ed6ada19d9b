import { type IncomingMessage, type ServerResponse, request as requestOf } from 'node:http'
import type { Socket } from 'node:net'

import type { Defect } from './defects.ts'
import { type Lines, answerLines, pairsOf, requestLines, valueOf } from './lines.ts'

/** Where a tunnel leads, and what is wrong with it. */
export interface Way {
  readonly port: number
  readonly defect: Defect | undefined
}

/** WebSockets, and whatever else was asked for by Upgrade and agreed on. */
export function tunnel(
  { port, defect }: Way,
  request: IncomingMessage,
  { socket, head }: { readonly socket: Socket; readonly head: Buffer },
): void {
  const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket'
  const outgoing = requestOf({
    port,
    host: '127.0.0.1',
    agent: false,
    method: request.method,
    path: request.url,
    setHost: false,
    headers: requestLines(request, defect, isWebSocket) as never,
  })
  socket.on('error', () => outgoing.destroy())
  outgoing.on('error', () => socket.destroy())
  outgoing.on('response', (answer) => {
    socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`)
    const lines = answerLines(answer, defect).filter(([name]) => name !== 'Transfer-Encoding')
    socket.write(`${textOf(lines)}Connection: close\r\n\r\n`)
    answer.pipe(socket)
  })
  outgoing.on('upgrade', (answer, upstream, first) => {
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${textOf(pairsOf(answer.rawHeaders))}\r\n`)
    socket.write(first)
    upstream.write(head)
    upstream.pipe(socket)
    socket.pipe(upstream)
  })
  outgoing.end()
}

/** Ends an answer early and makes up what its Content-Length promises, so that the client takes it for whole. */
export function endShort(response: ServerResponse, sent: number): void {
  const length = Number(valueOf(response, 'content-length') ?? 0)
  const { socket } = response
  if (length === 0 || socket === null) return void response.end()
  socket.end(Buffer.alloc(Math.max(0, length - sent)))
}

/** Sends an interim answer without the fields of one hop. */
export function writeInterim(response: ServerResponse, status: number, raw: Lines): void {
  const { socket } = response
  if (socket === null || response.headersSent) return
  const lines = pairsOf(raw).filter(([name]) => !hopNames.has(name.toLowerCase()))
  socket.write(`HTTP/1.1 ${status} Interim\r\n${textOf(lines)}\r\n`)
}

const hopNames = new Set(['connection', 'content-length', 'transfer-encoding', 'keep-alive'])

function textOf(lines: readonly (readonly [string, string])[]): string {
  return lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
}
