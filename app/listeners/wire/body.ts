import { once } from 'node:events'
import type { Writable } from 'node:stream'

import type { Reply, ReplyBody } from '../../endpoints/endpoint.ts'
import { ClientLeft } from '../port/waits.ts'
import type { WireExchange } from './exchange.ts'

/** Called with the number of body bytes given to the kernel, or to a queue of at most one chunk. */
export type Sent = (bytes: number) => void

/** Sends a body to its end, but does not end the answer; rejects with ClientLeft when the client leaves. */
export async function sendBody(exchange: WireExchange, reply: Reply, sent: Sent): Promise<void> {
  const { body, status } = reply
  if (exchange.method === 'HEAD' || status === 204 || status === 304) return
  switch (body.kind) {
    case 'none':
      return
    case 'bytes':
      return write(exchange, Buffer.from(body.bytes), sent)
    case 'sized':
      return sendSized(exchange, body, sent)
    case 'stream':
      return sendStream(exchange, body, sent)
  }
}

// A connection of HTTP/2 has many streams, each with a slice in its queue: with 256 KiB each, 40 slow
// downloads were at the limit of a session's memory and others were refused.
const streamSliceBytes = 64 * 1024

type Sized = Extract<ReplyBody, { kind: 'sized' }>

async function sendSized(
  exchange: WireExchange,
  { payload, start, end }: Sized,
  sent: Sent,
): Promise<void> {
  for (let at = start; at < end;) {
    const most = exchange.isHttp1 ? end - at : Math.min(streamSliceBytes, end - at)
    const slice = payload.slice(at, most)
    await write(exchange, slice, sent)
    at += slice.length
  }
}

async function sendStream(
  exchange: WireExchange,
  { chunks }: Extract<ReplyBody, { kind: 'stream' }>,
  sent: Sent,
): Promise<void> {
  for (const { waitMs, render } of chunks) {
    if (waitMs > 0) await exchange.wait(waitMs)
    // A turn for each chunk: those of one turn would be joined in one packet.
    else await new Promise(setImmediate)
    await write(exchange, Buffer.from(render()), sent)
  }
}

/** Writes one piece and waits until the socket takes more, so a slow reader costs one piece of memory. */
async function write(exchange: WireExchange, bytes: Uint8Array, sent: Sent): Promise<void> {
  const response: Writable = exchange.response
  if (exchange.isAborted) throw new ClientLeft()
  if (bytes.length === 0) return
  const hasRoom = response.write(bytes)
  sent(bytes.length)
  // Slices of the shared block wait without a copy.
  const isShared = bytes.buffer === exchange.origin.block.buffer
  exchange.holds(hasRoom || isShared ? 0 : bytes.length)
  if (hasRoom) return
  const left = new AbortController()
  const forget = exchange.onLeave(() => left.abort())
  try {
    await once(response, 'drain', { signal: left.signal })
  } catch {
    throw new ClientLeft()
  } finally {
    forget()
  }
}
