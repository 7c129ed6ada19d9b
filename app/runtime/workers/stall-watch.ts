import type { Scalar } from '../../telemetry/slab-layout.ts'
import { readLatencies, readScalar } from '../../telemetry/slab-reader.ts'
import { type ThreadTime, readThreadTime } from './thread-time.ts'

/** What is watched of a worker to detect silence. */
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

/** How often to look; a worker's timer beats as often. */
export const stallLookMs = 1000

/**
 * How long each worker has given no sign of life: its timer's beat, an exchange, a connection, bytes. Time counts only
 * when the worker could have used it: not while the whole process was stopped, which makes our own look late, and not
 * while the thread was ready to run and got no CPU. So an infinite loop is found by the CPU time it burns, a blocked
 * call by the clock, and a starved or busy worker is never reported.
 */
export class StallWatch {
  readonly #clock: StallClock
  readonly #silences = new WeakMap<Watched, Silence>()

  constructor(clock: StallClock = { nowMs: () => performance.now(), threadTime: readThreadTime }) {
    this.#clock = clock
  }

  /**
   * Looks at a worker, and returns for how many milliseconds it has been silent. Silence counts from now while no sign
   * of life `isExpected`: the worker has not begun, or a heap snapshot or a debugger stops it.
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
  // A look that comes late means that the process, or the machine, stood still.
  const elapsed = Math.min(now.seenAt - before.seenAt, 2 * stallLookMs)
  if (thread?.isRunnable !== true || before.cpuMs === undefined) return elapsed
  return Math.min(elapsed, Math.max(0, thread.cpuMs - before.cpuMs))
}

// What grows with all that a worker does.
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

// A number that changes whenever the worker does something.
function readProgress(memory: SharedArrayBuffer): number {
  const counted = signsOfLife.reduce((total, scalar) => total + readScalar(memory, scalar), 0)
  return readLatencies(memory).reduce((total, count) => total + count, counted)
}
