import { url as debuggerUrl } from 'node:inspector'

import type { Config } from '../../config/settings.ts'
import type { Logger } from '../../telemetry/log.ts'
import { StallWatch } from './stall-watch.ts'
import type { WorkerThread } from './worker-thread.ts'

/** Which workers are watched, how long they may be silent, and what is called when one stalls or answers again. */
export interface StallsOptions {
  readonly members: () => readonly WorkerThread[]
  readonly config: () => Pick<Config, 'stall.after' | 'stall.restart'>
  readonly log: Logger
  readonly onChange: (member: WorkerThread) => void
}

/** Workers that give no sign of life: marked, counted and logged. */
export class Stalls {
  readonly #options: StallsOptions
  readonly #watch = new StallWatch()
  #count = 0
  #longest: { readonly seat: number; readonly ms: number } = { seat: 0, ms: 0 }

  constructor(options: StallsOptions) {
    this.#options = options
  }

  /** How many workers have stalled so far. */
  get count(): number {
    return this.#count
  }

  /** Why only a new process helps; undefined while all workers answer, or have not been silent for long. */
  get restartReason(): string | undefined {
    const limit = this.#options.config()['stall.restart']
    const { seat, ms } = this.#longest
    if (limit === 0 || ms < limit) return undefined
    return `worker ${seat} has not answered for ${Math.round(ms / 1000)} s`
  }

  /** Looks at all workers. Call it every `stallLookMs`. */
  look(): void {
    const { members, config } = this.#options
    const after = config()['stall.after']
    // A thread at a breakpoint is silent until somebody continues it.
    const isDebugged = debuggerUrl() !== undefined
    let longest = { seat: 0, ms: 0 }
    for (const member of members()) {
      const isExpected = member.isExpected && !isDebugged
      const ms = this.#watch.look(member, isExpected)
      if (ms > longest.ms) longest = { seat: member.seat, ms }
      const isStalled = after > 0 && ms >= after
      if (isStalled !== member.isStalled) this.#change(member, isStalled, ms)
    }
    this.#longest = longest
  }

  #change(member: WorkerThread, isStalled: boolean, silentMs: number): void {
    const { log, onChange } = this.#options
    const { seat: worker } = member
    member.isStalled = isStalled
    if (isStalled) {
      this.#count++
      const seconds = Math.round(silentMs / 1000)
      log.error({ worker, seconds }, 'worker does not answer; clients connected to it wait')
    } else log.warn({ worker }, 'worker answers again')
    onChange(member)
  }
}
