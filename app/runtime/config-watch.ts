import { type FSWatcher, statSync, watch } from 'node:fs'
import { dirname } from 'node:path'

// The kubelet swaps a mounted ConfigMap by a handful of renames; one look after the last is enough.
const settleMs = 100

// A watch can be lost (a network file system, a replaced directory); looking anyway costs nothing.
const pollMs = 10_000

/**
 * Calls `onChange` when a settings file, or the directory they lie in, may have changed. The directory
 * is watched and never the file: the kubelet's swap renames a symlink beside it, which a watch on the
 * file sees once and never again.
 */
export class ConfigWatch {
  readonly #directory: string
  readonly #onChange: () => void
  readonly #poll: NodeJS.Timeout
  #watcher: FSWatcher | undefined
  #settling: NodeJS.Timeout | undefined

  constructor(path: string, onChange: () => void) {
    this.#directory = isDirectory(path) ? path : dirname(path)
    this.#onChange = onChange
    this.#watch()
    this.#poll = setInterval(() => {
      if (this.#watcher === undefined) this.#watch()
      onChange()
    }, pollMs).unref()
  }

  close(): void {
    clearInterval(this.#poll)
    clearTimeout(this.#settling)
    this.#watcher?.close()
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, () => {
        clearTimeout(this.#settling)
        this.#settling = setTimeout(this.#onChange, settleMs).unref()
      })
      this.#watcher.on('error', () => this.#lose())
    } catch {
      this.#lose()
    }
  }

  // The poll takes over, and tries to watch again.
  #lose(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
