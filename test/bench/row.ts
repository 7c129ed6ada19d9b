// The shape of a case, and of what it measured.

/** One column of figures. */
export interface Metric {
  readonly key: string
  readonly title: string
  readonly digits: number
}

/** What one server's rounds gave, by metric; the order of the values is the order of the rounds. */
export interface Figures {
  readonly server: string
  readonly values: Readonly<Record<string, readonly number[]>>
}

/** A bound on the first server's median: times a peer's median, or as it is. */
export interface Target {
  readonly metric: string
  readonly bound: 'at least' | 'at most'
  readonly limit: number
  readonly peer?: string
}

export interface RunOptions {
  readonly rounds: number
  readonly seconds: number
  readonly progress: (line: string) => void
}

/** All that is known about one case. The first server is the one the targets judge. */
export interface Row {
  readonly name: string
  /** Asked for by this name, too, together with the others of the group. */
  readonly group?: string
  readonly what: string
  readonly metrics: readonly Metric[]
  readonly targets: readonly Target[]
  /** Builds what needs the outside; called before the bench goes where nothing is reached. */
  readonly build?: () => void
  readonly measure: (options: RunOptions) => Promise<Figures[]>
}

export function valuesOf(figures: Figures | undefined, key: string): readonly number[] {
  return figures?.values[key] ?? []
}
