import type { Scalar } from '../../telemetry/slab-layout.ts'
import { readLatencies, readScalar } from '../../telemetry/slab-reader.ts'
import { type ThreadTime, readThreadTime } from './thread-time.ts'

/** A worker, as far as its silence is watched. */
export interface Watched {
  readonly slab: SharedArrayBuffer
}

/** The clock and the kernel, for tests. */
export interface StallClock {
  readonly nowMs: () => number
  readonly threadTime: (id: number) => ThreadTime | undefined
}

interface Silence {
  readonly progress: number
  readonly seenAt: number
  readonly cpuMs: number | undefined
  readonly silentMs: number
}

/** How often to look; a worker gives its sign as often. */
export const stallLookMs = 1000

/**
 * How long each worker has given no sign of life: its timer's beat, an exchange, a connection, bytes. Time
 * counts only when the worker could have used it: not while the whole process was stopped, which makes our
 * own look late, and not while the thread wanted to run and got no CPU. So an infinite loop is found by the
 * CPU time it burns, a blocked call by the clock, and a starved or a busy worker not at all.
 */
export class StallWatch {
  readonly #clock: StallClock
  readonly #silences = new WeakMap<Watched, Silence>()

  constructor(clock: StallClock = { nowMs: () => performance.now(), threadTime: readThreadTime }) {
    this.#clock = clock
  }

  /**
   * Looks at a worker; gives back for how many milliseconds it has been silent. Its silence counts from now
   * when no sign of life `isExpected`: it has not begun, or a heap snapshot or a debugger holds it.
   */
  look(worker: Watched, isExpected: boolean): number {
    const seenAt = this.#clock.nowMs()
    const thread = this.#clock.threadTime(readScalar(worker.slab, 'threadId'))
    const cpuMs = thread?.cpuMs
    const progress = readProgress(worker.slab)
    const before = this.#silences.get(worker)
    const isAlive = before === undefined || before.progress !== progress || !isExpected
    const silentMs = isAlive ? 0 : before.silentMs + ownTime(before, { seenAt, cpuMs }, thread)
    this.#silences.set(worker, { progress, seenAt, cpuMs, silentMs })
    return silentMs
  }
}

/** How much of the time between two looks the worker had. */
function ownTime(
  before: Pick<Silence, 'seenAt' | 'cpuMs'>,
  now: Pick<Silence, 'seenAt' | 'cpuMs'>,
  thread: ThreadTime | undefined,
): number {
  // A look that is later than it should be says that the process, or the machine, stood still.
  const elapsed = Math.min(now.seenAt - before.seenAt, 2 * stallLookMs)
  if (thread?.isRunnable !== true || before.cpuMs === undefined) return elapsed
  return Math.min(elapsed, Math.max(0, thread.cpuMs - before.cpuMs))
}

// What goes up with all that a worker does.
const signsOfLife: readonly Scalar[] = [
  'beats',
  'connectionsOpened',
  'bytesIn',
  'bytesOut',
  'bodyBytesIn',
  'bodyBytesOut',
  'webSocketMessages',
  'datagramsIn',
]

// A number that changes whenever the worker gets something done.
function readProgress(memory: SharedArrayBuffer): number {
  const counted = signsOfLife.reduce((total, scalar) => total + readScalar(memory, scalar), 0)
  return readLatencies(memory).reduce((total, count) => total + count, counted)
}
