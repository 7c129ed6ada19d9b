import { readFileSync } from 'node:fs'

/** What the kernel says about a thread of this process. */
export interface ThreadTime {
  readonly cpuMs: number
  /** It runs, or waits for a CPU to run on; false while it sleeps. */
  readonly isRunnable: boolean
}

// USER_HZ is 100 on every architecture Linux has in use (times(2)).
const tickMs = 10

/** The kernel's number for the calling thread; 0 where the kernel does not say. */
export function ownThreadId(): number {
  return Number(/^\d+/.exec(read('/proc/thread-self/stat') ?? '')?.[0] ?? 0)
}

/** Another thread of this process; undefined where the kernel does not say. */
export function readThreadTime(id: number): ThreadTime | undefined {
  const stat = id === 0 ? undefined : read(`/proc/self/task/${id}/stat`)
  if (stat === undefined) return undefined
  // proc_pid_stat(5): the name, in parentheses, may hold spaces; state is the 1st field after it, utime and
  // stime the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isNaN(ticks) ? undefined : { cpuMs: ticks * tickMs, isRunnable: fields[0] === 'R' }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
