/**
 * What the kernel reports when something has run out for now (errno(3)): files of this process or of the machine,
 * memory, threads, room on a disk. It is no statement about what was asked for.
 */
const shortages: ReadonlySet<unknown> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOBUFS',
  'EAGAIN',
  'ENOSPC',
  'EDQUOT',
  // What Node reports for a package when no file is left to look for it; all of ours are installed.
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
])

/** Whether the system could not do it now but may do it later. Such an error is not our bug. */
export function isShortage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && shortages.has(error.code)
}

/**
 * Looks at the system while we serve: returns what it shows, or undefined when the system refuses. Any other error is a
 * bug, and is thrown.
 */
export function look<T>(at: () => T): T | undefined {
  try {
    return at()
  } catch (error) {
    if (isSystemError(error)) return undefined
    throw error
  }
}

// Node gives every error of a system call its name and the name of the call.
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error
}
