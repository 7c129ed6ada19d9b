import type { HttpResponse } from 'uWebSockets.js'

import {
  type Headers,
  type Origin,
  type Reply,
  type ReplyBody,
  statusLine,
} from '../../endpoints/endpoint.ts'
import { wireOnly } from '../../endpoints/wire-only.ts'
import type { OriginError } from '../../errors.ts'
import { knownLength } from '../http/plan.ts'
import { turnBytes } from '../port/turn.ts'
import type { Outlet } from './outlet.ts'
import { FastStream, mayBeCorked } from './stream.ts'

// Up to this size an answer that ends its connection is given to the engine whole, because only then does the engine
// close the connection after it. The engine queues what the socket does not take.
const wholeBytes = 64 * 1024

/** Writes a reply; call it corked. The engine adds Date, and Content-Length or chunked framing. */
export function writeReply(outlet: Outlet, { status, headers, body }: Reply): void {
  const { response } = outlet
  if (outlet.hasContinued) writeHeaders(response, withStatus(status, headers))
  else {
    if (status !== 200) response.writeStatus(statusLine(status))
    writeHeaders(response, headers)
  }
  if (outlet.isHead || body.kind === 'none') return endWithoutBody(outlet, body)
  switch (body.kind) {
    case 'bytes':
      return typeof body.bytes === 'string'
        ? writeText(outlet, body.bytes)
        : writeBytes(outlet, body.bytes)
    case 'sized':
      return body.isChunked ? writeChunked(outlet, body) : writeSized(outlet, body)
    case 'stream':
      announceClose(outlet)
      return new FastStream(outlet, body).start()
  }
}

// The text for the first header's name begins with the status line (FastAnswer.sendContinue).
function withStatus(status: number, headers: Headers): Headers {
  const [[name, value] = connectionClose, ...rest] = headers
  return [[`HTTP/1.1 ${statusLine(status)}\r\n${name}`, value], ...rest]
}

// All lines in one call into the engine, 0.1 us less than one each. Our values have no line ends.
function writeHeaders(response: HttpResponse, headers: Headers): void {
  const first = headers[0]
  if (first === undefined) return
  let value = first[1]
  for (let at = 1; at < headers.length; at++)
    value += `\r\n${headers[at]?.[0]}: ${headers[at]?.[1]}`
  response.writeHeader(first[0], value)
}

// The engine's own closing flag writes its header line at the current place: once a body has begun, into the body
// (20.51). So long answers say close up front, and the client closes.
function announceClose(outlet: Outlet): void {
  if (outlet.isClosing) outlet.response.writeHeader(...connectionClose)
}

const connectionClose: Headers[number] = ['Connection', 'close']

// Content-Length by hand: endWithoutBody(length) leaves the response pending for ever (20.51).
function endWithoutBody(outlet: Outlet, body: ReplyBody): void {
  const bytes = knownLength(body)
  if (bytes !== undefined) outlet.response.writeHeader('Content-Length', String(bytes))
  announceClose(outlet)
  outlet.response.endWithoutBody()
  outlet.done(0)
}

// The engine encodes a string in two passes and a new buffer; 0.3 us of an echo. What the socket takes
// is copied before the call returns, so one buffer serves all answers of the thread.
const scratch = Buffer.alloc(16 * 1024)

function writeText(outlet: Outlet, text: string): void {
  // No character takes more than three bytes of UTF-8 (a pair of surrogates takes four).
  if (text.length * 3 > scratch.length) return writeBytes(outlet, Buffer.from(text))
  writeBytes(outlet, scratch.subarray(0, scratch.write(text)), 'lent')
}

/** Writes a complete body; `memory` says whose memory its bytes are in. */
function writeBytes(
  outlet: Outlet,
  bytes: Uint8Array,
  memory: 'own' | 'lent' | 'shared' = 'own',
): void {
  const { response } = outlet
  if (outlet.isCutting && bytes.length <= wholeBytes) {
    response.end(bytes, true)
    return outlet.done(bytes.length)
  }
  announceClose(outlet)
  if (bytes.length === 0) {
    response.end()
    return outlet.done(0)
  }
  if (response.tryEnd(bytes, bytes.length)[1]) return outlet.done(bytes.length)
  outlet.outlive()
  if (memory !== 'shared') outlet.holds(bytes.length)
  writeRest(outlet, memory === 'lent' ? Uint8Array.from(bytes) : bytes)
}

/**
 * Waits for the socket to take what the first tryEnd left of `bytes`. Never `end`, which queues without a limit for a
 * client that pipelines requests and reads no answer.
 */
export function writeRest(
  outlet: Pick<Outlet, 'response' | 'outlive' | 'sent' | 'done'>,
  bytes: Uint8Array,
): void {
  const { response } = outlet
  outlet.outlive()
  response.onWritable(() => {
    const at = response.getWriteOffset()
    outlet.sent(at)
    const rest = bytes.subarray(at)
    const [hasRoom, isDone] = response.tryEnd(rest, bytes.length)
    if (isDone) outlet.done(bytes.length)
    return hasRoom
  })
}

type Sized = Extract<ReplyBody, { kind: 'sized' }>

// tryEnd takes what the socket takes and queues nothing, so 200 slow readers of 10 GiB hold no
// memory, and costs 12.0 GB/s against 11.8 of a C loop of send(); end(buffer) copies: 0.8 GB/s.
function writeSized(outlet: Outlet, { payload, start, end }: Sized): void {
  const total = end - start
  const first = payload.slice(start, total)
  if (first.length === total) return writeBytes(outlet, first, 'shared')
  announceClose(outlet)
  outlet.outlive()
  const { response } = outlet
  pump(outlet, true, () => {
    const at = response.getWriteOffset()
    outlet.sent(at)
    const slice = payload.slice(start + at, total - at)
    const [hasRoom, isDone] = response.tryEnd(slice, total)
    if (isDone) outlet.done(total)
    return isDone ? 'done' : hasRoom ? slice.length : 'full'
  })
}

function writeChunked(outlet: Outlet, { payload, start, end }: Sized): void {
  announceClose(outlet)
  outlet.outlive()
  const { response } = outlet
  let at = start
  pump(outlet, mayBeCorked(end - start), () => {
    if (at === end) {
      response.end()
      outlet.done(end - start)
      return 'done'
    }
    const slice = payload.slice(at, end - at)
    at += slice.length
    outlet.sent(at - start)
    if (response.write(slice)) {
      outlet.holds(0)
      return slice.length
    }
    // The engine has copied what the socket did not take.
    outlet.holds(slice.length)
    return 'full'
  })
}

/**
 * Calls `step` while the socket takes what it writes (it returns how much), `turnBytes` a turn. Large chunks must not be
 * written corked (mayBeCorked).
 */
function pump(outlet: Outlet, isCorked: boolean, step: () => number | 'full' | 'done'): void {
  const { response } = outlet
  let isScheduled = false
  const run = (): boolean => {
    for (let turn = 0; turn < turnBytes;) {
      const result = step()
      if (result === 'done') return true
      if (result === 'full') return false
      turn += result
    }
    schedule()
    return true
  }
  const schedule = (): void => {
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      if (outlet.isAborted()) return
      if (isCorked) response.cork(run)
      else run()
    })
  }
  response.onWritable(() => isScheduled || run())
  // The engine has corked its callback.
  if (isCorked) run()
  else schedule()
}

/** The refusal of an answer with trailers or interim answers, which the engine cannot send. */
export function needsWire(origin: Origin, { interim }: Reply): OriginError {
  const what = interim === undefined ? 'trailers' : 'interim answers (1xx)'
  return wireOnly(origin, `this answer has ${what}, which the fast listener cannot send`)
}

/** The same reply with more headers. */
export function withHeaders(reply: Reply, headers: Reply['headers']): Reply {
  return headers.length === 0 ? reply : { ...reply, headers: [...reply.headers, ...headers] }
}
