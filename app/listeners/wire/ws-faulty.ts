import type { IncomingMessage } from 'node:http'
import { type Http2ServerResponse, constants } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import type { Injection } from '../http/injection.ts'
import type { ExchangeRecord } from '../http/record.ts'
import { clientClosedRequest, noResponse } from '../http/unsent.ts'
import type { OnLeave } from '../port/waits.ts'
import { closeGently } from './closing.ts'
import type { WireExchange } from './exchange.ts'
import { refuseRecorded } from './refusal.ts'
import { faultsOf, groupFields, suffer } from './ws-faults.ts'
import type { Agreement, WireWebSockets } from './ws.ts'

/** A handshake that was agreed to, and of which something is to go wrong. */
export interface FaultyHandshake {
  readonly agreement: Agreement
  /** Ends when the WebSocket does. */
  readonly record: ExchangeRecord
  readonly injection: Injection
  readonly webSockets: WireWebSockets
}

/** Answers such a handshake of HTTP/1.1, and speaks. */
export async function upgradeFaulty(
  exchange: WireExchange,
  { agreement, record, injection, webSockets }: FaultyHandshake,
  upgrade: { readonly request: IncomingMessage; readonly socket: Socket; readonly head: Buffer },
): Promise<void> {
  const { socket } = upgrade
  const { connection } = exchange
  record.activate()
  // Node has given it out of its hands: a reset would be an exception.
  socket.on('error', () => {})
  let status = clientClosedRequest
  socket.once('close', () => record.end(status))
  const isAgreed = await suffer(exchange, injection, {
    onLeave: leaveOf(socket),
    cut: (by) => {
      record.end(noResponse)
      if (by === 'rst') connection.reset()
      else closeGently(socket)
    },
    refuse: (reply) => refuseRecorded(socket, record, reply),
  })
  if (!isAgreed) return
  status = 101
  const faults = faultsOf(injection, exchange, { record, reset: () => connection.reset() })
  webSockets.upgrade(agreement, upgrade, { exchange, record, faults })
}

/** Answers such a handshake of HTTP/2, and speaks. */
export async function connectFaulty(
  exchange: WireExchange,
  { agreement, record, injection, webSockets }: FaultyHandshake,
  response: Http2ServerResponse,
): Promise<void> {
  const { stream } = response
  record.activate()
  let status = clientClosedRequest
  stream.once('close', () => record.end(status))
  const reset = (): void => stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  const isAgreed = await suffer(exchange, injection, {
    onLeave: leaveOf(stream),
    cut: () => {
      record.end(noResponse)
      reset()
    },
    refuse: (reply) => {
      const bytes = reply.body.kind === 'bytes' ? reply.body.bytes : ''
      record.sent(bytes.length)
      record.end(reply.status)
      stream.respond({ ':status': reply.status, ...groupFields(reply.headers) })
      stream.end(bytes)
    },
  })
  if (!isAgreed) return
  status = 200
  const faults = faultsOf(injection, exchange, { record, reset })
  webSockets.connect(agreement, response, { exchange, record, faults })
}

function leaveOf(socket: Duplex): OnLeave {
  return (leave) => {
    const left = (): void => leave()
    socket.once('close', left)
    return () => socket.off('close', left)
  }
}
