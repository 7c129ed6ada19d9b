import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { type Limits, type PerLevel, levels } from '../cases.ts'

const root = '/sys/fs/cgroup'
const periodUs = 100_000

/** The groups of one container. Nobody removes them: the machine goes first. */
export class Groups {
  /** Of the innermost, where processes are. */
  readonly container: string
  readonly #directories: readonly string[]

  constructor(name: string) {
    this.#directories = levels.map((_, depth) => join(root, name, ...levels.slice(1, depth + 1)))
    this.container = join(root, name, ...levels.slice(1))
    for (const directory of this.#directories) {
      writeFileSync(join(directory, '../cgroup.subtree_control'), '+cpu +memory')
      mkdirSync(directory)
    }
  }

  /** Sets the limits that are named, at the levels that are named. */
  limit({ cores = {}, memoryMaxMiB = {}, memoryHighMiB = {} }: Limits): void {
    this.#write('cpu.max', cores, (value) => `${value * periodUs} ${periodUs}`)
    this.#write('memory.max', memoryMaxMiB, (value) => `${value}M`)
    this.#write('memory.high', memoryHighMiB, (value) => `${value}M`)
  }

  /** Periods in which the container's quota was used up. */
  get throttledPeriods(): number {
    const text = readFileSync(join(this.container, 'cpu.stat'), 'utf8')
    return Number(/^nr_throttled (\d+)$/m.exec(text)?.[1])
  }

  #write(file: string, values: PerLevel, show: (value: number) => string): void {
    for (const [depth, directory] of this.#directories.entries()) {
      const level = levels[depth]
      const value = level && values[level]
      if (value !== undefined) writeFileSync(join(directory, file), show(value))
    }
  }
}

/** Words for a shell that joins a group and becomes the program: it begins there, as a container's does. */
export function enter(group: string, words: readonly string[]): readonly string[] {
  return ['-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', group, ...words]
}
