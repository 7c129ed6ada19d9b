import type { ServerHttp2Stream } from 'node:http2'

import { grpcStatuses, resetCodes } from '../../errors.ts'
import type { Incoming } from './call.ts'
import { watchStatus } from './library.ts'
import type { CallRecord } from './record.ts'
import type { GrpcSession } from './session.ts'

/** The end of a call. It comes once: from the method, the library, the client or a fault. */
export class CallEnding {
  readonly #stream: ServerHttp2Stream
  readonly #record: CallRecord
  readonly #session: GrpcSession
  #status: number | undefined
  #isCut = false

  /** `told` is called with each status before it is sent. */
  constructor(
    { call, stream, head }: Pick<Incoming, 'call' | 'stream' | 'head'>,
    record: CallRecord,
    told: (code: number) => void = () => {},
  ) {
    this.#stream = stream
    this.#record = record
    this.#session = head.session
    watchStatus(call, stream, (code) => {
      this.#status ??= code
      told(code)
    })
  }

  /** Ends the stream with RST_STREAM and no status; counted as the status that a client makes of the code. */
  cut(resetCode: number, status = statusOfReset(resetCode)): void {
    this.#status = status
    this.#isCut = true
    if (!this.#stream.destroyed) this.#stream.close(resetCode)
  }

  /** The status has been sent, or the client left before: the library reports both in the same way. */
  conclude(): void {
    const { sentTrailers, rstCode } = this.#stream
    // A status that was queued after messages when the client left was never sent.
    const hasLeft =
      !this.#isCut && sentTrailers === undefined && (rstCode ?? 0) !== resetCodes.NO_ERROR
    const { brokenBy } = this.#session
    if (hasLeft && brokenBy !== undefined) this.#record.endsBy({ cause: brokenBy, by: 'client' })
    if (hasLeft) this.#record.endsBy({ cause: 'rst-stream', by: 'client', code: rstCode })
    this.#record.end(hasLeft ? undefined : this.#status)
  }
}

// grpc/doc/PROTOCOL-HTTP2.md, Errors.
const statusOfResets: ReadonlyMap<number, number> = new Map<number, number>([
  [resetCodes.REFUSED_STREAM, grpcStatuses.UNAVAILABLE],
  [resetCodes.CANCEL, grpcStatuses.CANCELLED],
  [resetCodes.ENHANCE_YOUR_CALM, grpcStatuses.RESOURCE_EXHAUSTED],
  [resetCodes.INADEQUATE_SECURITY, grpcStatuses.PERMISSION_DENIED],
])

function statusOfReset(resetCode: number): number {
  return statusOfResets.get(resetCode) ?? grpcStatuses.INTERNAL
}
