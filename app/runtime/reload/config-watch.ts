import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

// The kubelet swaps a mounted ConfigMap by several renames; one look after the last is enough.
const settleMs = 100

// A watch can be lost (a network file system, a replaced directory). A regular look costs nothing.
const pollMs = 10_000

// How soon a directory that is gone is looked for again.
const returnMs = 250

/**
 * Calls `onChange` when a settings file, or the directory that holds it, may have changed. The directory is watched and
 * never the file: the kubelet's swap renames a symlink beside it, which a watch on the file sees once and never again.
 */
export class ConfigWatch {
  readonly #directory: string
  /** For a file: its own name, the kubelet's, and the directory's, which is reported when the directory goes. */
  readonly #names: readonly string[] | undefined
  readonly #onChange: () => void
  readonly #poll: NodeJS.Timeout
  #watcher: FSWatcher | undefined
  #settling: NodeJS.Timeout | undefined
  #returning: NodeJS.Timeout | undefined
  #inode = 0

  constructor(path: string, onChange: () => void) {
    const isFolder = isDirectory(path)
    this.#directory = isFolder ? path : dirname(path)
    this.#names = isFolder
      ? undefined
      : [basename(path), '..data', basename(resolve(this.#directory))]
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
      this.#watcher = watch(this.#directory, { persistent: false }, (_event, name) => {
        // A log beside the file grows with each look, and must not cause the next look.
        if (name !== null && this.#names?.includes(name) === false) return
        clearTimeout(this.#settling)
        this.#settling = setTimeout(() => this.#settle(), settleMs).unref()
      })
      this.#watcher.on('error', () => this.#lose())
    } catch {
      this.#lose()
    }
  }

  #settle(): void {
    // A watch stays with the directory it was set on, even when another directory has taken its name.
    if (inodeOf(this.#directory) !== this.#inode) this.#lose()
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

// Also undefined where it cannot be looked at: a loop of links, a network file system that is gone.
function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino
  } catch {
    return undefined
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
