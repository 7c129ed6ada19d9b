import type { Logger } from '../../telemetry/log.ts'
import { type ReloadResult, reloadLevels } from './reload.ts'

/**
 * Logs what became of the settings. The files are looked at every few seconds, so a trouble that stays is said once, and
 * that it is over is said, too.
 */
export class ReloadLog {
  readonly #log: Logger
  /** What was wrong at the last look; undefined when nothing was. */
  #trouble: string | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  tell(end: ReloadResult): void {
    const { result, ...detail } = end
    const trouble = troubleOf(end)
    const isOver = trouble === undefined && this.#trouble !== undefined
    const isKnown = trouble !== undefined && trouble === this.#trouble
    this.#trouble = trouble
    // Whoever sends a signal wants an answer.
    const isAsked = end.source === 'SIGHUP'
    if (isOver && result === 'unchanged') {
      this.#log.info(detail, 'settings correct again, nothing changed')
    } else if (isKnown && !isAsked) this.#log.debug(detail, `settings still ${result}`)
    else this.#log[reloadLevels[result]](detail, `settings ${result}`)
  }
}

function troubleOf(end: ReloadResult): string | undefined {
  if (end.result === 'rejected') return end.problems.join('\n')
  // Another change that fails for the same reason is another trouble.
  return end.result === 'failed' ? [end.message, ...end.changed].join('\n') : undefined
}
