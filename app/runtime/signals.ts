import { isatty } from 'node:tty'

import type { Logger } from '../telemetry/log.ts'

/** Signals that we handle, and what they do once the origin runs. Other signals do what the kernel says. */
export const signalActions = {
  /** Drains. The second of these ends the process at once. */
  SIGTERM: 'drain',
  SIGINT: 'drain',
  // nginx's images are stopped with it.
  SIGQUIT: 'drain',
  /**
   * Reads the settings again, as daemons do. Drains when the log goes to a terminal, because the terminal was closed.
   */
  SIGHUP: 'reload',
  // By default Node opens its debugger to every process on this machine for one, and ends for the other.
  SIGUSR1: 'ignore',
  SIGUSR2: 'ignore',
} as const satisfies Partial<Record<NodeJS.Signals, 'drain' | 'reload' | 'ignore'>>

/** A signal that we handle. */
export type TakenSignal = keyof typeof signalActions

/** The actions for signals. */
export interface SignalsOptions {
  readonly log: Logger
  readonly drain: (signal: TakenSignal) => void
  /** Ends a drain at once. */
  readonly force: () => void
  readonly reload: () => void
}

// However many come, settings are read once for all that come within this.
const settleMs = 100

/** Acts on signals. A thousand of a kind do and log as much as one or two. */
export class Signals {
  readonly #options: SignalsOptions
  readonly #said = new Set<TakenSignal>()
  #drains = 0
  #isReloadDue = false

  constructor(options: SignalsOptions) {
    this.#options = options
  }

  take(signal: TakenSignal): void {
    switch (signalActions[signal]) {
      case 'drain':
        return this.#drain(signal)
      case 'reload':
        return isatty(1) ? this.#drain(signal) : this.#reloadSoon()
      case 'ignore':
        return this.#ignore(signal)
    }
  }

  #drain(signal: TakenSignal): void {
    const { log, drain, force } = this.#options
    this.#drains++
    if (this.#drains === 1) return drain(signal)
    if (this.#drains > 2) return
    log.warn({ signal }, 'second signal: ending at once')
    force()
  }

  #reloadSoon(): void {
    if (this.#isReloadDue) return
    this.#isReloadDue = true
    setTimeout(() => {
      this.#isReloadDue = false
      this.#options.reload()
    }, settleMs)
  }

  #ignore(signal: TakenSignal): void {
    if (this.#said.has(signal)) return
    this.#said.add(signal)
    this.#options.log.warn(
      { signal },
      'signal ignored; SIGHUP reads the settings again, SIGTERM drains, --inspect opens a debugger',
    )
  }
}
