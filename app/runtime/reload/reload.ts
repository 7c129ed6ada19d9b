import { createHash } from 'node:crypto'

import type { Loaded, Origins } from '../../config/load.ts'
import type { ReloadClass } from '../../config/setting.ts'
import { type Config, type SettingName, settings, showSetting } from '../../config/settings.ts'
import { look } from '../../look.ts'

/** A statement about the settings, in the form that operators use. */
export interface Condition {
  readonly type: 'Accepted' | 'Applied' | 'RestartRequired'
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
  readonly observedGeneration: number
  readonly lastTransitionTime: string
}

/** A change to carry out: the settings to run with from now on, and by class the names of those that differ. */
export interface Change {
  readonly config: Config
  readonly version: number
  readonly names: Readonly<Record<ReloadClass, readonly SettingName[]>>
}

/** How loudly the log reports each result. */
export const reloadLevels = {
  applied: 'info',
  unchanged: 'debug',
  rejected: 'error',
  failed: 'error',
} as const

/** The result of one look at the settings. */
export type ReloadResult =
  | {
      readonly result: 'applied'
      readonly source: string
      readonly version: number
      readonly changed: readonly SettingName[]
      readonly needsRestart: readonly SettingName[]
    }
  | {
      readonly result: 'unchanged'
      readonly source: string
      readonly needsRestart: readonly SettingName[]
    }
  | { readonly result: 'rejected'; readonly source: string; readonly problems: readonly string[] }
  | {
      readonly result: 'failed'
      readonly source: string
      readonly message: string
      readonly changed: readonly SettingName[]
    }

/** Where settings come from, and what applies them. */
export interface ReloaderOptions {
  readonly config: Config
  readonly origins: Origins
  /** Reads all layers again. */
  readonly load: () => Loaded
  /** Applies a change on every worker; rejects when a worker could not follow. */
  readonly apply: (change: Change) => Promise<void>
  readonly onResult: (result: ReloadResult) => void
}

/** Names and statuses of conditions before any reload. */
const firstConditions: readonly [Condition['type'], Condition['status']][] = [
  ['Accepted', 'True'],
  ['Applied', 'True'],
  ['RestartRequired', 'False'],
]

/**
 * Keeps the running settings and those last seen in the files. A reload is checked and applied as a whole, or refused
 * as a whole with the last good settings kept. What needs a new process is reported and not applied.
 */
export class Reloader {
  readonly #options: ReloaderOptions
  #running: Config
  #origins: Origins
  #version = 1
  /** The settings last sent to the workers, and their version; newer than what runs when a worker did not follow. */
  #told: Config
  #toldVersion = 1
  #observed: { hash: string; at: string; source: string; resourceVersion: string | null }
  #applied: { hash: string; at: string }
  #conditions: ReadonlyMap<Condition['type'], Condition>
  #results = { applied: 0, unchanged: 0, rejected: 0, failed: 0 }
  #last: { isSuccessful: boolean; successAt: number }
  #turn: Promise<void> = Promise.resolve()

  constructor(options: ReloaderOptions) {
    this.#options = options
    this.#running = options.config
    this.#told = options.config
    this.#origins = options.origins
    const at = new Date().toISOString()
    const hash = hashOf(options.config)
    this.#observed = { hash, at, source: 'start', resourceVersion: null }
    this.#applied = { hash, at }
    this.#last = { isSuccessful: true, successAt: Date.now() / 1000 }
    this.#conditions = new Map(
      firstConditions.map(([type, status]) => [
        type,
        {
          type,
          status,
          reason: 'Started',
          message: '',
          observedGeneration: 1,
          lastTransitionTime: at,
        },
      ]),
    )
  }

  /** The settings to run with now. */
  get config(): Config {
    return this.#running
  }

  get version(): number {
    return this.#version
  }

  /** What /metrics tells of reloads. */
  get numbers(): {
    isSuccessful: boolean
    successAt: number
    isRestartRequired: boolean
    hash: string
  } {
    const isRestartRequired = this.#conditions.get('RestartRequired')?.status === 'True'
    return { ...this.#last, isRestartRequired, hash: this.#applied.hash }
  }

  get results(): Readonly<Record<'applied' | 'unchanged' | 'rejected' | 'failed', number>> {
    return this.#results
  }

  /**
   * Reads the layers and applies them. Reloads that are asked for in the meantime wait their turn. `resourceVersion` is
   * the API server's, when the change came from there.
   */
  reload(source: string, resourceVersion: string | null = null): Promise<void> {
    this.#turn = this.#turn.then(() => this.#reload(source, resourceVersion))
    return this.#turn
  }

  /** The page for an operator: what was seen, what runs, and whether they agree. */
  status(): object {
    const names = Object.keys(settings) as SettingName[]
    const effective = names
      .filter((name) => settings[name].isSecret !== true)
      .map((name) => [name, showSetting(name, this.#running[name]) ?? null])
    return {
      observed: this.#observed,
      applied: { generation: this.#version, ...this.#applied },
      conditions: [...this.#conditions.values()],
      effective: Object.fromEntries(effective) as object,
      origins: this.#origins,
      reload: Object.fromEntries(names.map((name) => [name, settings[name].reload])) as object,
    }
  }

  async #reload(source: string, resourceVersion: string | null): Promise<void> {
    const loaded = look(this.#options.load)
    // The files cannot be read now; the next event or poll tries again.
    if (loaded === undefined) return
    const at = new Date().toISOString()
    if ('problems' in loaded) {
      const message = loaded.problems.join('; ')
      this.#observed = { hash: this.#observed.hash, at, source, resourceVersion }
      this.#condition('Accepted', 'False', { reason: 'Invalid', message })
      return this.#end({ result: 'rejected', source, problems: loaded.problems })
    }
    const next = loaded.config
    this.#observed = { hash: hashOf(next), at, source, resourceVersion }
    this.#condition('Accepted', 'True', { reason: 'Valid', message: '' })
    const changed = changedNames([this.#running, this.#told], next)
    const names = byClass(changed)
    this.#requireRestart(names.process)
    if (names.hot.length + names.worker.length === 0) {
      return this.#end({ result: 'unchanged', source, needsRestart: names.process })
    }
    const kept = [...names.process, ...names.none]
    const config = Object.freeze({ ...next, ...pick(this.#running, kept) })
    // A version is used once, so that a worker that confirms a failed change does not confirm the next one.
    this.#told = config
    this.#toldVersion++
    try {
      await this.#options.apply({ config, names, version: this.#toldVersion })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#condition('Applied', 'False', { reason: 'WorkersDidNotFollow', message })
      return this.#end({ result: 'failed', source, message, changed })
    }
    this.#version = this.#toldVersion
    this.#running = config
    this.#origins = { ...loaded.origins, ...pick(this.#origins, kept) }
    this.#applied = { hash: hashOf(config), at }
    this.#condition('Applied', 'True', { reason: 'Followed', message: '' })
    const needsRestart = names.process
    this.#end({ result: 'applied', source, version: this.#version, changed, needsRestart })
  }

  #requireRestart(names: readonly SettingName[]): void {
    const isRequired = names.length > 0
    this.#condition('RestartRequired', isRequired ? 'True' : 'False', {
      reason: isRequired ? 'ProcessSettingsChanged' : 'NoProcessSettingsChanged',
      message: names.join(', '),
    })
  }

  #end(end: ReloadResult): void {
    this.#results[end.result]++
    const isSuccessful = end.result === 'applied' || end.result === 'unchanged'
    this.#last = {
      isSuccessful,
      successAt: isSuccessful ? Date.now() / 1000 : this.#last.successAt,
    }
    this.#options.onResult(end)
  }

  #condition(
    type: Condition['type'],
    status: Condition['status'],
    why: { readonly reason: string; readonly message: string },
  ): void {
    const before = this.#conditions.get(type)
    const lastTransitionTime =
      before?.status === status ? before.lastTransitionTime : new Date().toISOString()
    const next = { type, status, ...why, observedGeneration: this.#version, lastTransitionTime }
    this.#conditions = new Map([...this.#conditions, [type, next]])
  }
}

function hashOf(config: Config): string {
  // Without secrets: everyone can see the hash, and a weak token could be guessed from it.
  const values = (Object.keys(settings) as SettingName[])
    .filter((name) => settings[name].isSecret !== true)
    .map((name) => [name, config[name] ?? null])
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16)
}

function changedNames(before: readonly Config[], after: Config): readonly SettingName[] {
  return (Object.keys(settings) as SettingName[]).filter((name) =>
    before.some((config) => config[name] !== after[name]),
  )
}

function byClass(names: readonly SettingName[]): Change['names'] {
  const of = (reload: ReloadClass): readonly SettingName[] =>
    names.filter((name) => settings[name].reload === reload)
  return { hot: of('hot'), worker: of('worker'), process: of('process'), none: of('none') }
}

function pick<T extends Config | Origins>(from: T, names: readonly SettingName[]): Partial<T> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<T>
}
