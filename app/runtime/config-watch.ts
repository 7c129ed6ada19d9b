import { type FSWatcher, statSync, watch } from 'node:fs'
import { dirname } from 'node:path'

// The kubelet swaps a mounted ConfigMap by a handful of renames; one look after the last is enough.
const settleMs = 100

// A watch can be lost (a network file system, a replaced directory); looking anyway costs nothing.
const pollMs = 10_000

// How soon a directory that is gone is looked for again.
const returnMs = 250

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
  #returning: NodeJS.Timeout | undefined
  #inode = 0

  constructor(path: string, onChange: () => void) {
    this.#directory = isDirectory(path) ? path : dirname(path)
    this.#onChange = onChange
    this.#watch()
    this.#poll = setInterval(onChange, pollMs).unref()
  }

  close(): void {
    clearInterval(this.#poll)
    clearTimeout(this.#settling)
    clearTimeout(this.#returning)
    this.#watcher?.close()
  }

  #watch(): void {
    try {
      this.#inode = statSync(this.#directory).ino
      this.#watcher = watch(this.#directory, { persistent: false }, () => {
        clearTimeout(this.#settling)
        this.#settling = setTimeout(() => this.#settle(), settleMs).unref()
      })
      this.#watcher.on('error', () => this.#lose())
    } catch {
      this.#lose()
    }
  }

  #settle(): void {
    // A watch stays with the directory it was set on, even when another has taken its name.
    const stats = statSync(this.#directory, { throwIfNoEntry: false })
    if (stats?.ino !== this.#inode) this.#lose()
    this.#onChange()
  }

  #lose(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    clearTimeout(this.#returning)
    this.#returning = setTimeout(() => {
      this.#watch()
      if (this.#watcher !== undefined) this.#onChange()
    }, returnMs).unref()
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
