import { setTimeout as sleep } from 'node:timers/promises'

import type { Logger } from '../../telemetry/log.ts'
import type { Occurrence } from './kubernetes.ts'
import type { ReloadResult } from './reload.ts'

/** What creates the Events, and the log for failures. */
export interface ConfigEventsOptions {
  readonly create: (occurrence: Occurrence) => Promise<void>
  readonly log: Logger
}

// All pods of a fleet that follow one ConfigMap have the same Events to send, at the same moment.
const spreadMs = 500

// An Event that could not be sent by then is out of date.
const mostWaiting = 16

/** Reports to the cluster whether the settings took effect: on transitions only, one Event at a time. */
export class ConfigEvents {
  readonly #options: ConfigEventsOptions
  /** Why the written settings are not in effect, as last reported. */
  #refusal = ''
  #needsRestart = ''
  #waiting: readonly Occurrence[] = []
  #isTelling = false
  #lastFailure = ''

  constructor(options: ConfigEventsOptions) {
    this.#options = options
  }

  /** Notes a reload. The same result twice makes one Event. */
  report(result: ReloadResult): void {
    switch (result.result) {
      case 'rejected':
        return this.#refuse('ConfigRejected', result.problems.join('; '))
      case 'failed':
        return this.#refuse('ConfigNotApplied', result.message)
      case 'applied': {
        const { version, changed } = result
        this.#apply(`version ${version}: ${changed.join(', ')}`)
        break
      }
      case 'unchanged':
        if (this.#refusal !== '') this.#apply('the settings are again those in effect')
    }
    const names = result.needsRestart.join(', ')
    if (names === this.#needsRestart) return
    this.#needsRestart = names
    const note = `only a new process takes: ${names}`
    if (names !== '') this.#tell({ type: 'Warning', reason: 'ConfigRestartRequired', note })
  }

  #refuse(reason: string, note: string): void {
    if (note !== this.#refusal) this.#tell({ type: 'Warning', reason, note })
    this.#refusal = note
  }

  #apply(note: string): void {
    this.#refusal = ''
    this.#tell({ type: 'Normal', reason: 'ConfigApplied', note })
  }

  #tell(occurrence: Occurrence): void {
    this.#waiting = [...this.#waiting, occurrence].slice(-mostWaiting)
    if (!this.#isTelling) void this.#tellAll()
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true
    for (;;) {
      const [next, ...others] = this.#waiting
      if (next === undefined) break
      this.#waiting = others
      await sleep(Math.random() * spreadMs, undefined, { ref: false })
      await this.#options.create(next).then(
        () => (this.#lastFailure = ''),
        (error: unknown) => this.#fail(error instanceof Error ? error.message : String(error)),
      )
    }
    this.#isTelling = false
  }

  // Without permission to create Events all of them fail; one log line about it is enough.
  #fail(message: string): void {
    if (message !== this.#lastFailure) this.#options.log.warn({ message }, 'event not created')
    this.#lastFailure = message
  }
}
