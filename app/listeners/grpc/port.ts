import type { Buffered } from '../../budgets/buffered.ts'
import type { Origin } from '../../endpoints/endpoint.ts'
import type { GrpcEndpoint } from '../../endpoints/grpc/grpc-endpoint.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import type { RecordPlace } from '../http/record.ts'
import type { Turn } from '../port/turn.ts'
import type { GrpcTuning } from './faults.ts'
import type { GrpcLibrary } from './library.ts'
import type { MessageCodec } from './services.ts'
import type { GrpcSession } from './session.ts'

/** What all calls of one port share. */
export interface GrpcPort {
  readonly library: GrpcLibrary
  readonly origin: Origin
  readonly scheme: 'http' | 'https'
  readonly slab: Slab
  readonly buffered: Buffered
  readonly rateLimit: RateLimit
  readonly turn: Turn
  readonly messageLimitBytes: number
  readonly tuning: () => GrpcTuning
  readonly onBug: (error: unknown) => void
}

/** A method as this listener serves it. */
export interface GrpcRoute<R extends GrpcEndpoint = GrpcEndpoint> {
  readonly row: R
  readonly place: RecordPlace
  readonly codec: MessageCodec
}

/** The head of a call, and the connection it came on. */
export interface CallHead {
  readonly session: GrpcSession
  /** Names and values alternating, without the transport's own. */
  readonly metadata: readonly string[]
  /** The same with the transport's own, as it came. */
  readonly headers: readonly string[]
}
