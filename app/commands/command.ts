import type { PrimaryOptions } from '../runtime/primary.ts'

/** The world as the command line sees it, handed in so that tests can hand in another. */
export interface World extends Pick<PrimaryOptions, 'version' | 'entry' | 'takeSignals'> {
  /** The words after the program's name. */
  readonly argv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly stdout: Output
  readonly stderr: Output
}

/** Where text for a person goes. */
export interface Output {
  write(text: string): unknown
}

/** A flag that shells complete. */
export interface Flag {
  /** With its dashes. */
  readonly name: string
  /** A sentence; shells that show one show its first clause. */
  readonly about: string
  /** What it takes: nothing (or true and false), a file, or some other text. */
  readonly kind: 'switch' | 'file' | 'value'
  /** The values that are known. */
  readonly values: readonly string[]
  readonly isRepeatable?: boolean
}

/** What `hpdummy NAME` does: one file a command, listed in table.ts. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** The words that may come next, for shells that complete them. */
  readonly words?: readonly string[]
  /** Whether settings may follow as flags. */
  readonly takesSettings?: boolean
  /** The flags of its own that may follow, --help aside. */
  readonly flags?: readonly Flag[]
  /** The whole text of `hpdummy help NAME`. */
  readonly help: () => string | Promise<string>
  /**
   * Runs with `argv` after the command's name. Resolves to the exit code: 0, 1 when a check or a threshold failed, 2 for
   * wrong usage, 3 when there was no evidence.
   */
  readonly run: (world: World) => number | Promise<number>
}

/** A row of a command's table of flags as shells complete it; `value` is what stands for its value in help. */
export function flagRow(
  name: string,
  row: {
    readonly about: string
    readonly value?: string
    readonly words?: readonly string[]
    readonly isRepeatable?: boolean
  },
): Flag {
  const { about, value, words = [], isRepeatable = false } = row
  const kind = value === undefined ? 'switch' : value === 'FILE' ? 'file' : 'value'
  return { name, about, kind, values: words, isRepeatable }
}

/** Prints what was asked for; the exit code is 0. */
export function print({ stdout }: Pick<World, 'stdout'>, text: string): number {
  stdout.write(text)
  return 0
}

/** Says what is wrong with the command line, a line for each problem; the exit code is 2. */
export function refuse({ stderr }: Pick<World, 'stderr'>, problems: readonly string[]): number {
  for (const problem of problems) stderr.write(`hpdummy: ${problem}\n`)
  return 2
}
