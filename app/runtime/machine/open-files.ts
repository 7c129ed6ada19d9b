import { closeSync, openSync, readSync } from 'node:fs'

import type { Config } from '../../config/settings.ts'
import { look } from '../../look.ts'

/** How the open-file limit is shared out; numbers of files. */
export interface FileBudget {
  /** RLIMIT_NOFILE (getrlimit(2)); undefined when it is unknown or unlimited. */
  readonly limit: number | undefined
  /**
   * Kept free for everything except traffic: workers and their replacements, settings, certificates, logs, files of
   * /proc.
   */
  readonly reserve: number
  /** Connections of the admin port; part of the reserve. */
  readonly adminConnections: number
  /** What `limits.connections` asks for; auto asks for 262,144. */
  readonly asked: number
  /** What all traffic ports together may have. */
  readonly connections: number
}

/** What `limits.connections=auto` asks for. */
const autoConnections = 262_144

// Measured: the primary holds 25 files, each worker 17 with every port open, and loading modules takes 10 more for a
// moment. A worker counts twice while its replacement starts.
const primaryFiles = 96
const workerFiles = 24

// Browsers with the dashboard open, scrapes and probes. Silent connections are closed to make room for new ones.
const adminShare = { part: 1 / 8, least: 16, most: 256 }

/** Shares out `limit` files among connections and everything else. At least one connection is let in. */
export function fileBudget(
  limit: number | undefined,
  { asked, workers }: { readonly asked: number | 'auto'; readonly workers: number },
): FileBudget {
  const { part, least, most } = adminShare
  const share = limit === undefined ? most : Math.floor(limit * part)
  const adminConnections = Math.min(most, Math.max(least, share))
  const reserve = primaryFiles + 2 * workerFiles * workers + adminConnections
  const wanted = asked === 'auto' ? autoConnections : asked
  const left = limit === undefined ? wanted : Math.max(1, limit - reserve)
  return { limit, reserve, adminConnections, asked: wanted, connections: Math.min(wanted, left) }
}

/** How the files of this process are shared out, with the limit as it is now. */
export function filesFor(config: Config, workers: number): FileBudget {
  const files = new OpenFileLimit()
  const budget = fileBudget(files.read(), { asked: config['limits.connections'], workers })
  files.close()
  return budget
}

/** What an operator does for a limit of this many files, wherever the limit may be set. */
export function howToRaise(files: number): string {
  return `ulimit -n ${files} (shell), LimitNOFILE=${files} (systemd, also of containerd and CRI-O), --ulimit nofile=${files}:${files} (docker and podman run)`
}

// The longest possible /proc/self/limits has 1.4 KiB.
const limitsBytes = 4096

/**
 * The open-file limit of this process, which may be changed from outside at any time (prlimit(1)). The file that shows
 * it stays open, so that it can be read when no other file can be opened.
 */
export class OpenFileLimit {
  readonly #fd = look(() => openSync('/proc/self/limits', 'r'))
  readonly #bytes = Buffer.alloc(limitsBytes)

  /** The soft limit; undefined where the kernel does not show it, and where it is `unlimited`. */
  read(): number | undefined {
    const fd = this.#fd
    if (fd === undefined) return undefined
    const length = look(() => readSync(fd, this.#bytes, 0, limitsBytes, 0))
    return parseLimits(this.#bytes.toString('latin1', 0, length ?? 0))
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
  }
}

/** The soft limit out of the text of /proc/PID/limits (proc_pid_limits(5)). */
export function parseLimits(text: string): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1]
  return soft === undefined ? undefined : Number(soft)
}
