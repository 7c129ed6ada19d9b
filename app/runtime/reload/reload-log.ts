import type { Logger } from '../../telemetry/log.ts'
import { type ReloadResult, reloadLevels } from './reload.ts'

/**
 * Logs what became of the settings. The files are looked at every few seconds, so a problem that persists is logged
 * once, and its end is logged, too.
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
    // A person who sends a signal wants an answer.
    const isAsked = end.source === 'SIGHUP'
    if (isOver && result === 'unchanged') {
      this.#log.info(detail, 'settings correct again, nothing changed')
    } else if (isKnown && !isAsked) this.#log.debug(detail, `settings still ${result}`)
    else this.#log[reloadLevels[result]](detail, `settings ${result}`)
  }
}

function troubleOf(end: ReloadResult): string | undefined {
  if (end.result === 'rejected') return end.problems.join('\n')
  // Another change that fails for the same reason is a new problem.
  return end.result === 'failed' ? [end.message, ...end.changed].join('\n') : undefined
}
