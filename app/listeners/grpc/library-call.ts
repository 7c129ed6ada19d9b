import type * as Grpc from '@grpc/grpc-js'

import { grpcStatuses, resetCodes } from '../../errors.ts'
import { overloaded } from '../http/overloaded.ts'
import type { Incoming } from './call.ts'
import { CallEnding } from './ending.ts'
import { CallHeld, bytesOf } from './held.ts'
import { type LibraryCall, sendStatus } from './library.ts'
import type { GrpcPort, GrpcRoute } from './port.ts'
import { CallRecord } from './record.ts'

/**
 * One call of a method that a library answers. It is counted like ours, and read no faster than its answers are taken,
 * which the library itself does not ensure. It is in `open` while it lasts.
 */
export function followLibraryCall(
  port: GrpcPort,
  route: GrpcRoute,
  { call, stream, head, open }: Incoming & { readonly open: Set<LibraryCall> },
): Grpc.ServerInterceptingCall {
  const record = new CallRecord(port, route, head)
  const ending = new CallEnding({ call, stream, head }, record)
  const { buffered, slab } = port
  const { unread } = head.session
  const held = new CallHeld(
    stream,
    { buffered, slab, unread, headBytes: bytesOf(head.metadata) },
    {
      refuse() {
        sendStatus(call, { code: grpcStatuses.RESOURCE_EXHAUSTED, details: overloaded.message })
      },
      cut: () => ending.cut(resetCodes.ENHANCE_YOUR_CALM),
    },
  )
  const followed = new port.library.ServerInterceptingCall(call, {
    start: (next) => {
      next({
        onReceiveMetadata(metadata, pass) {
          record.begin()
          open.add(call)
          pass(metadata)
        },
        onReceiveMessage(bytes: Buffer, pass) {
          held.message(bytes.length)
          record.took(bytes.length)
          const request = decode(route, bytes)
          if (request !== undefined) return pass(request)
          sendStatus(call, { code: grpcStatuses.INTERNAL, details: 'the request cannot be read' })
        },
        onCancel() {
          ending.conclude()
          open.delete(call)
        },
      })
    },
    sendMessage(message: object, pass) {
      const bytes = route.codec.encode(message)
      record.gave(bytes.length)
      pass(bytes)
      held.charge()
    },
  })
  return readBehindAnswers(followed, () => held.charge())
}

function decode({ codec }: GrpcRoute, bytes: Buffer): object | undefined {
  try {
    return codec.decode(bytes)
  } catch {
    return undefined
  }
}

/** Reads a request when the answers before it are taken. Calls `taken` after each. */
function readBehindAnswers<C extends LibraryCall>(call: C, taken: () => void): C {
  const [send, read] = [call.sendMessage.bind(call), call.startRead.bind(call)]
  let isSending = false
  let isReadAsked = false
  call.startRead = () => {
    if (isSending) isReadAsked = true
    else read()
  }
  call.sendMessage = (message: unknown, sent) => {
    isSending = true
    send(message, () => {
      taken()
      isSending = false
      if (isReadAsked) read()
      isReadAsked = false
      sent()
    })
  }
  return call
}
