import { type ReadText, findHierarchy, readKernelFile } from './cgroup.ts'

/**
 * Why a worker could not be started, with what is missing and how to get more of it; other errors say what
 * they say. Node's own message is "Worker initialization failure: EAGAIN".
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

// Two limits count threads: one of the cgroup, one of the user (getrlimit(2), RLIMIT_NPROC).
function threads(read: ReadText): string {
  const full = (findHierarchy(read, 'pids')?.levels ?? [])
    .map((directory) => ({
      used: Number(read(`${directory}/pids.current`)),
      most: Number(read(`${directory}/pids.max`)),
    }))
    .find(({ used, most }) => used >= most)
  if (full !== undefined) {
    return `the cgroup has ${full.used} of ${full.most} processes and threads; raise pids.max: podPidsLimit of the kubelet, docker run --pids-limit, TasksMax of systemd`
  }
  const most = /^Max processes +(\d+)/m.exec(read('/proc/self/limits') ?? '')?.[1]
  if (most === undefined) return 'raise ulimit -u, or pids.max of the cgroup'
  return `the user may have ${most} processes and threads; raise it: ulimit -u ${2 * Number(most)}`
}
