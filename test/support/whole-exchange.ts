import assert from 'node:assert/strict'
import { connect } from 'node:net'

import { within } from './wait.ts'

/** All that came on a connection, and how it ended. */
export interface WholeExchange {
  readonly head: string
  /** What came after the first head, framing included. */
  readonly body: Buffer
  /** FIN, or the error code of a reset. */
  readonly end: string
  /** Milliseconds from the request to the first byte, to the last, and to the end. */
  readonly firstMs: number
  readonly lastMs: number
  readonly endMs: number
}

/** How a request is sent and its answer read. */
export interface ExchangeOptions {
  /** Reads a piece each millisecond. */
  readonly isSlow?: boolean
  /** Sent on the same connection once the first answer is whole. */
  readonly next?: string
}

/** Sends a request as it stands on a connection of its own, and reads to the connection's end. */
export async function exchangeWhole(
  port: number,
  request: string | Uint8Array,
  { isSlow = false, next }: ExchangeOptions = {},
): Promise<WholeExchange> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const pieces: Buffer[] = []
  const began = performance.now()
  let [end, firstMs, lastMs] = ['', 0, 0]
  let hasSentNext = false
  socket.on('data', (piece: Buffer) => {
    lastMs = performance.now() - began
    firstMs ||= lastMs
    pieces.push(piece)
    if (!hasSentNext && next !== undefined && isWhole(Buffer.concat(pieces))) {
      hasSentNext = true
      socket.write(next)
    }
    if (!isSlow) return
    socket.pause()
    setTimeout(() => socket.resume(), 1)
  })
  const endBy = (how: string): void => {
    end ||= how
  }
  socket.once('error', (error: NodeJS.ErrnoException) => endBy(error.code ?? error.message))
  let endMs = 0
  socket.once('end', () => {
    endMs = performance.now() - began
    // libuv says "end" of a reset, too, when data came just before it; the next write tells.
    socket.write('\n', (error?: NodeJS.ErrnoException | null) => {
      endBy(error?.code ?? 'FIN')
      socket.end()
    })
  })
  socket.write(request)
  await within(
    'the end of the connection',
    new Promise<void>((resolve) => socket.once('close', () => resolve())),
  )
  const all = Buffer.concat(pieces)
  const at = all.indexOf('\r\n\r\n')
  const [head, body] = [all.toString('latin1', 0, Math.max(at, 0)), all.subarray(at + 4)]
  return { head, body, end, firstMs, lastMs, endMs: endMs || performance.now() - began }
}

/** Whether the final answer has come, by what its head says of its body. */
function isWhole(bytes: Buffer): boolean {
  const text = bytes.toString('latin1')
  const final = text.search(/HTTP\/1\.[01] [2-5]/)
  const end = text.indexOf('\r\n\r\n', final)
  if (final === -1 || end === -1) return false
  const head = text.slice(final, end)
  if (/transfer-encoding: chunked/i.test(head)) return text.endsWith('0\r\n\r\n')
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  return text.length - end - 4 >= length
}

/** A GET as it stands on the wire. */
export function getText(target: string, ...lines: readonly string[]): string {
  return [`GET ${target} HTTP/1.1`, 'Host: a', ...lines, '', ''].join('\r\n')
}

/** The bytes of whole chunks, without their framing; no last chunk may have come. */
export function withoutChunking(body: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length;) {
    const line = body.indexOf('\r\n', at)
    const length = Number.parseInt(body.toString('latin1', at, line), 16)
    assert.ok(length > 0, 'the answer was ended as if it were whole')
    pieces.push(body.subarray(line + 2, line + 2 + length))
    at = line + 2 + length + 2
  }
  return Buffer.concat(pieces)
}

/** The first bytes of the payload of seed 0. */
export function patternText(bytes: number): string {
  return Buffer.alloc(bytes, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789').toString()
}
