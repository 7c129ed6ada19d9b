/**
 * What the kernel says when it is out of something for now (errno(3)): files of this process or of the
 * machine, memory, threads, room on a disk. It says nothing of what was asked.
 */
const shortages: ReadonlySet<unknown> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOBUFS',
  'EAGAIN',
  'ENOSPC',
  'EDQUOT',
  // What Node says of a package when it has no file left to look for it; each of ours is installed.
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
])

/** Whether the system could not do it now and may be able to do it later: such an error is no bug of ours. */
export function isShortage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && shortages.has(error.code)
}

/**
 * A look at the system while we serve: what it shows, or undefined when the system refuses. Any other
 * error is a bug, and is thrown.
 */
export function look<T>(at: () => T): T | undefined {
  try {
    return at()
  } catch (error) {
    if (isSystemError(error)) return undefined
    throw error
  }
}

// Node gives every error of a system call its name and that of the call.
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error
}
