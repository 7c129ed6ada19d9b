import { badChunk } from './bad-chunk.ts'
import { bodyDelay } from './body-delay.ts'
import { close } from './close.ts'
import { contentLength } from './content-length.ts'
import { corrupt } from './corrupt.ts'
import { delay } from './delay.ts'
import { drip } from './drip.ts'
import { frame } from './frame.ts'
import { garbageAfter } from './garbage-after.ts'
import { goaway } from './goaway.ts'
import { grpcStatus } from './grpc-status.ts'
import { halfClose } from './half-close.ts'
import { head } from './head.ts'
import { header } from './header.ts'
import { idleClose } from './idle-close.ts'
import { interim } from './interim.ts'
import { keepAliveRace } from './keep-alive-race.ts'
import { noAnswer } from './no-answer.ts'
import type { Fault } from './plan.ts'
import { quota } from './quota.ts'
import { rate } from './rate.ts'
import { reset } from './reset.ts'
import { rstStream } from './rst-stream.ts'
import { size } from './size.ts'
import { slice } from './slice.ts'
import { slowClose } from './slow-close.ts'
import { stall } from './stall.ts'
import { badStatusLine } from './status-line.ts'
import { status } from './status.ts'
import { truncate } from './truncate.ts'

/** Asked for by a name of their own: `delay=10ms`. */
export const behaviours: readonly Fault[] = [
  delay,
  bodyDelay,
  status,
  size,
  close,
  header,
  rate,
  slice,
  drip,
  quota,
]

/** Asked for as `fault=`: byte-level faults. */
export const byteFaults: readonly Fault[] = [
  reset,
  truncate,
  stall,
  corrupt,
  noAnswer,
  contentLength,
  halfClose,
  slowClose,
  garbageAfter,
  keepAliveRace,
  idleClose,
  badStatusLine,
  head,
  badChunk,
  interim,
  rstStream,
  goaway,
  grpcStatus,
  frame,
]

/** Everything that can go wrong on purpose. */
export const faults: readonly Fault[] = [...behaviours, ...byteFaults]

/** Their names; a fault's number in metrics is its place here. */
export const faultNames: readonly string[] = faults.map(({ name }) => name)
