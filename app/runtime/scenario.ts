import { readScenarioText } from '../config/scenario-text.ts'
import type { Config } from '../config/settings.ts'
import { timerMs } from '../listeners/port/waits.ts'
import { monotonicMs } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import { type RunningScenario, type Scenario, stepAt, stepOn } from '../traffic/scenario.ts'
import { podOf } from './identity.ts'

/** What the conductor follows, and what it calls. */
export interface ConductorOptions {
  /** Called with the scenario that runs now, or with none. */
  readonly tell: (running: RunningScenario | undefined) => void
  /** While faults.enabled is off, the clock goes on and no step holds. Steps may be for some pods only (identity.pod). */
  readonly config: () => Config
  readonly log: Logger
}

/**
 * Runs one scenario at a time. All threads know the scenario and its start, and find its step by the clock. Here the
 * steps are logged, and passed on to readiness and metrics.
 */
export class Conductor {
  readonly #options: ConductorOptions
  #running: (RunningScenario & { readonly scenario: Scenario; readonly began: Date }) | undefined
  #toldStep: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: ConductorOptions) {
    this.#options = options
  }

  get #isEnabled(): boolean {
    return this.#options.config()['faults.enabled']
  }

  /** For workers that are started while it runs. */
  get running(): RunningScenario | undefined {
    const running = this.#running
    if (running === undefined) return undefined
    const { document, startedAt, endsAt } = running
    return { document, startedAt, endsAt }
  }

  /** The current step; undefined also while faults are switched off. */
  get step():
    | { readonly scenario: string; readonly step: string; readonly isReady: boolean }
    | undefined {
    const now = this.#now()
    if (now === undefined || !this.#isEnabled) return undefined
    const { scenario, found } = now
    return { scenario: scenario.name, step: found.step.name, isReady: found.step.isReady }
  }

  /** Starts a scenario and ends the one that runs; its own ttl counts where none is given. Throws ScenarioProblem. */
  put(text: string, ttlMs?: number): void {
    const { document, scenario } = readScenarioText(text)
    const { start } = scenario
    const waitMs = 'at' in start ? start.at - Date.now() : start.afterMs
    const readAt = monotonicMs()
    const times = { startedAt: readAt + waitMs, endsAt: readAt + (ttlMs ?? scenario.ttlMs) }
    this.#running = { document, scenario, ...times, began: new Date(Date.now() + waitMs) }
    this.#toldStep = undefined
    this.#options.tell(this.running)
    this.#follow()
  }

  /** Runs what the setting `scenario` says, from now on; undefined for none. */
  follow(text: string | undefined): void {
    if (text === undefined) this.remove()
    else this.put(text)
  }

  /** Ends the scenario; true if one was running. */
  remove(): boolean {
    const wasRunning = this.#running !== undefined
    if (wasRunning) this.#end('removed')
    return wasRunning
  }

  /** For people and machines: the scenario, its step, and how long both last; null for no end. */
  status(): object {
    const now = this.#now()
    const running = this.#running
    if (running === undefined || (now === undefined && !isAhead(running))) return { scenario: null }
    const { found } = now ?? {}
    return {
      scenario: running.scenario.name,
      step: found?.step.name ?? null,
      step_index: found?.index ?? null,
      step_left_ms: found === undefined ? null : finite(found.leftMs),
      started_at: running.began.toISOString(),
      ttl_left_ms: finite(running.endsAt - monotonicMs()),
      enabled: this.#isEnabled,
      affected: found?.isForPod ?? null,
      ready: this.step?.isReady ?? true,
      document: running.document,
    }
  }

  #now() {
    const running = this.#running
    if (running === undefined || isAhead(running) || monotonicMs() >= running.endsAt) {
      return undefined
    }
    const { scenario, startedAt } = running
    const found = stepAt(scenario, monotonicMs() - startedAt)
    if (found === undefined) return undefined
    const step = stepOn(podOf(this.#options.config()), found.step, scenario)
    return { scenario, found: { ...found, step, isForPod: step === found.step } }
  }

  /** Logs the step that begins, and waits for the next. */
  #follow(): void {
    clearTimeout(this.#timer)
    const [now, running] = [this.#now(), this.#running]
    if (running !== undefined && now === undefined && isAhead(running)) {
      return this.#wakeIn(running.startedAt - monotonicMs())
    }
    if (now === undefined || running === undefined) return this.#end('over')
    const { scenario, found } = now
    const told = `${found.index}`
    if (told !== this.#toldStep) {
      const [isEnabled, ready] = [this.#isEnabled, this.step?.isReady ?? true]
      const detail = { scenario: scenario.name, step: found.step.name, ready }
      this.#options.log.info(
        detail,
        isEnabled ? 'scenario step' : 'scenario step without effect: faults.enabled is off',
      )
    }
    this.#toldStep = told
    this.#wakeIn(found.leftMs)
  }

  /** Looks again after so long, or when all is over. */
  #wakeIn(ms: number): void {
    const leftMs = (this.#running?.endsAt ?? 0) - monotonicMs()
    const waitMs = Math.max(1, timerMs(Math.min(ms, leftMs)))
    this.#timer = setTimeout(() => this.#follow(), waitMs).unref()
  }

  #end(reason: string): void {
    clearTimeout(this.#timer)
    const name = this.#running?.scenario.name
    this.#running = undefined
    this.#options.tell(undefined)
    this.#options.log.info({ scenario: name, reason }, 'scenario ended')
  }
}

/** Whether it is still to begin, and will. */
function isAhead({ startedAt, endsAt }: RunningScenario): boolean {
  const now = monotonicMs()
  return now < startedAt && now < endsAt
}

function finite(ms: number): number | null {
  return Number.isFinite(ms) ? Math.round(ms) : null
}
