import type { Format } from './formats.ts'

/**
 * What a change of the setting takes: `hot` is applied in place, `worker` by rolling the workers,
 * `process` by a new process; `none` is read at start only.
 */
export type ReloadClass = 'hot' | 'worker' | 'process' | 'none'

/** One knob: what it means, how it is written, its default, and what a change of it takes. */
export interface Setting<T> {
  readonly doc: string
  readonly format: Format<T>
  readonly value: T
  readonly reload: ReloadClass
  readonly isSecret?: boolean
}

/** A row of the table of settings. */
export function setting<T>(row: Setting<T>): Setting<T> {
  return row
}
