import { look } from '../../look.ts'
import { type ReadText, readKernelFile } from './cgroup.ts'

// Read every second. When no file can be opened, the figure is unknown.
const readNow: ReadText = (path) => look(() => readKernelFile(path))

/** How a thread has spent its time on the CPUs since it began. */
export interface ThreadShare {
  readonly ranMs: number
  /** It was ready to run, and something else ran instead. */
  readonly waitedMs: number
}

/** One thread of this process; undefined where the kernel does not say, or when the thread is gone. */
export function readThreadShare(id: number, read: ReadText = readNow): ThreadShare | undefined {
  if (id === 0) return undefined
  // Documentation/scheduler/sched-stats.rst: nanoseconds on a CPU, nanoseconds in its queue, how often it ran.
  const match = /^(\d+) (\d+) \d+/.exec(read(`/proc/self/task/${id}/schedstat`) ?? '')
  if (match === null) return undefined
  return { ranMs: Number(match[1]) / 1e6, waitedMs: Number(match[2]) / 1e6 }
}

/** CPU time that a hypervisor has kept from this machine since it was started, in ticks of all its CPUs. */
export interface Steal {
  readonly stolen: number
  readonly all: number
}

/** Undefined where the kernel does not say. */
export function readSteal(read: ReadText = readNow): Steal | undefined {
  // proc_stat(5): user nice system idle iowait irq softirq steal; what follows is part of the first two.
  const line = /^cpu +((?:\d+ ?){8})/m.exec(read('/proc/stat') ?? '')?.[1]
  const ticks = line?.trim().split(' ').map(Number)
  if (ticks === undefined) return undefined
  return { stolen: ticks[7] ?? 0, all: ticks.reduce((sum, one) => sum + one, 0) }
}
