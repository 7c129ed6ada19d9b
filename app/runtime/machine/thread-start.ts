import { type ReadText, findHierarchy, readKernelFile } from './cgroup.ts'

/**
 * Why a worker could not be started: what is missing, and how to get more of it. Other errors are shown as they are.
 * Node's own message is "Worker initialization failure: EAGAIN".
 */
export function explainStart(error: unknown, read: ReadText = readKernelFile): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = /\b(?:EAGAIN|EMFILE|ENFILE|ENOMEM)\b/.exec(message)?.[0]
  if (code === 'EAGAIN')
    return `a worker cannot be started: no thread is left (EAGAIN); ${threads(read)}`
  if (code === 'EMFILE') {
    return `a worker cannot be started: no file descriptor is left (EMFILE); raise the limit of open files: ulimit -n 65536`
  }
  if (code === 'ENFILE') {
    return 'a worker cannot be started: the machine has no file left (ENFILE); raise it: sysctl fs.file-max'
  }
  if (code === 'ENOMEM') {
    return `a worker cannot be started: no memory is left (ENOMEM); raise the memory limit, or lower workers: ${message}`
  }
  return message
}

// libuv's pool, for files and DNS names.
const poolThreads = 4

/**
 * A sentence when the cgroup does not leave enough threads for this many workers, otherwise undefined. Asked before the
 * first worker starts: libuv aborts the process without a message (134) when it cannot create its pool.
 */
export function missingThreads(
  workers: number,
  read: ReadText = readKernelFile,
): string | undefined {
  const needed = workers + poolThreads
  const short = groups(read).find(({ used, most }) => most - used < needed)
  if (short === undefined) return undefined
  return `${workers} workers need ${needed} more threads, and the cgroup has ${short.used} of ${short.most} processes and threads; ${raisePids}`
}

const raisePids =
  'raise pids.max: podPidsLimit of the kubelet, docker run --pids-limit, TasksMax of systemd'

// Without a limit pids.max says `max`. That becomes NaN, which is never smaller than anything.
function groups(read: ReadText): readonly { readonly used: number; readonly most: number }[] {
  const levels = findHierarchy(read, 'pids')?.levels ?? []
  return levels.map((directory) => ({
    used: Number(read(`${directory}/pids.current`)),
    most: Number(read(`${directory}/pids.max`)),
  }))
}

// Two limits count threads: one of the cgroup, one of the user (getrlimit(2), RLIMIT_NPROC).
function threads(read: ReadText): string {
  const full = groups(read).find(({ used, most }) => used >= most)
  if (full !== undefined) {
    return `the cgroup has ${full.used} of ${full.most} processes and threads; ${raisePids}`
  }
  const most = /^Max processes +(\d+)/m.exec(read('/proc/self/limits') ?? '')?.[1]
  if (most === undefined) return 'raise ulimit -u, or pids.max of the cgroup'
  return `the user may have ${most} processes and threads; raise it: ulimit -u ${2 * Number(most)}`
}
