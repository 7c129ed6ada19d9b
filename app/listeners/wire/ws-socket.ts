import type { Duplex } from 'node:stream'

import { WebSocket } from 'ws'

import { sendStatus } from '../../endpoints/ws/ws-endpoint.ts'
import { errorCodes } from '../../errors.ts'
import { webSocketLimits } from '../http/ws-handshake.ts'
import type { WebSocketRecord } from '../http/ws-record.ts'

/** A WebSocket of the library's, and its record in the arrival ledger, where it has one. */
export interface WireSocket {
  readonly socket: WebSocket
  readonly record: WebSocketRecord | undefined
}

/** Ends the connection without a Close frame. */
export function cut({ socket, record }: WireSocket, cause: 'timeout' | 'abort'): void {
  record?.cuts(cause)
  socket.terminate()
}

/** Closes it because the origin drains. */
export function dismiss({ socket, record }: WireSocket): void {
  // Else its own Close frame would not be read.
  socket.resume()
  if (socket.readyState === WebSocket.OPEN) record?.closes(errorCodes.DRAINING.ws)
  socket.close(errorCodes.DRAINING.ws, 'Server shutting down')
}

interface Sending {
  readonly message: string | ArrayBuffer
  readonly isBinary: boolean
  readonly drained: () => void
}

/** As uWebSockets' send: whether it went out, waits, or was one too many, which ends the connection. */
export function send(socket: WebSocket, { message, isBinary, drained }: Sending): number {
  if (socket.readyState !== WebSocket.OPEN) return sendStatus.dropped
  if (socket.bufferedAmount > webSocketLimits.queuedBytes) {
    socket.terminate()
    return sendStatus.dropped
  }
  let isQueued = false
  socket.send(message, { binary: isBinary }, () => {
    if (isQueued && socket.bufferedAmount === 0) drained()
  })
  isQueued = socket.bufferedAmount > 0
  return isQueued ? sendStatus.queued : sendStatus.sent
}

/** Pings a silent peer; one that does not answer by the next ping is gone. */
export function keepAwake(wire: WireSocket): () => void {
  const { socket } = wire
  let isAlive = true
  const heard = (): void => {
    isAlive = true
  }
  const timer = setInterval(() => {
    if (!isAlive) return cut(wire, 'timeout')
    isAlive = false
    socket.ping()
  }, webSocketLimits.idleSeconds * 1000).unref()
  socket.on('pong', heard).on('message', heard)
  return () => clearInterval(timer)
}

// How long a peer may take to answer our Close: the library's own.
const closeMs = 30_000

/**
 * A WebSocket on a stream that is open already. The library speaks the framing on any duplex stream but
 * has no public way in without a handshake of its own; these two calls, with these options, are what its
 * server does after one.
 */
export function webSocketOn(stream: Duplex): WebSocket {
  const Bare = WebSocket as unknown as new (
    address: null,
    protocols: undefined,
    options: object,
  ) => WebSocket
  const socket = new Bare(null, undefined, { autoPong: true, closeTimeout: closeMs })
  const settable = socket as unknown as {
    setSocket(stream: Duplex, head: Buffer, options: object): void
  }
  settable.setSocket(stream, Buffer.alloc(0), {
    allowSynchronousEvents: true,
    maxPayload: webSocketLimits.messageBytes,
    skipUTF8Validation: false,
  })
  return socket
}
