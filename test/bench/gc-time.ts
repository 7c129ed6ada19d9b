// What garbage collection takes of the time the threads of a server are at work.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { peersDirectory } from './toolchain.ts'

// Twice what the clocks in the server wait between two notes (peers/gc-clock.ts).
const settleMs = 200

/** How long threads were at work, and how long of it they were collecting garbage. */
export interface GcNote {
  readonly working: number
  readonly collecting: number
}

/** Reads what peers/gc-clock.ts, loaded into every thread of one server, writes down. */
export class GcTime {
  readonly #directory = mkdtempSync(join(tmpdir(), 'bench-gc-'))

  /** What a server is started with so that the clocks run in it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      NODE_OPTIONS: `--import=${join(peersDirectory, 'gc-clock.ts')}`,
      GC_CLOCK_DIRECTORY: this.#directory,
    }
  }

  /** Milliseconds of all threads so far, as of the last note. */
  read(): GcNote {
    const notes = readdirSync(this.#directory).map((name) =>
      readFileSync(join(this.#directory, name)),
    )
    return {
      working: notes.reduce((total, note) => total + note.readDoubleLE(), 0),
      collecting: notes.reduce((total, note) => total + note.readDoubleLE(8), 0),
    }
  }

  /** Resolves when everything up to now is noted. */
  settle(): Promise<void> {
    return sleep(settleMs)
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true })
  }
}
