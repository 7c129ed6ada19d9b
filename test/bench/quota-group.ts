// A real cgroup with a CPU quota, for servers that are to feel one.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = '/sys/fs/cgroup'
const periodUs = 100_000

let made = 0

export interface Periods {
  readonly all: number
  readonly throttled: number
}

/** One group with a quota; whoever joins it is held back when its part of a period is used up. */
export class QuotaGroup {
  readonly #directory: string

  /** `cpus` as a Kubernetes limit has it. Fails where no group can be made, and says why. */
  constructor(cpus: number) {
    const isVersion1 = existsSync(join(root, 'cpu', 'cgroup.procs'))
    this.#directory = join(root, isVersion1 ? 'cpu' : '', `hpdummy-bench-${process.pid}-${++made}`)
    try {
      mkdirSync(this.#directory)
    } catch (error) {
      throw new Error(`a cgroup with a CPU quota is made by root only: ${String(error)}`, {
        cause: error,
      })
    }
    const quotaUs = cpus * periodUs
    if (isVersion1) {
      this.#write('cpu.cfs_period_us', `${periodUs}`)
      this.#write('cpu.cfs_quota_us', `${quotaUs}`)
    } else {
      this.#write('cpu.max', `${quotaUs} ${periodUs}`)
    }
  }

  /** The command that joins the group and becomes `words`, which thus begin under its quota. */
  within(words: readonly string[]): string[] {
    return ['sh', '-c', 'echo $$ > "$0" && exec "$@"', this.#pathOf('cgroup.procs'), ...words]
  }

  /** Periods in which something ran, and those of them in which it was held back. */
  readPeriods(): Periods {
    const text = readFileSync(this.#pathOf('cpu.stat'), 'utf8')
    const numberOf = (name: string): number =>
      Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
    return { all: numberOf('nr_periods'), throttled: numberOf('nr_throttled') }
  }

  /** Takes the group away; its members have ended. */
  remove(): void {
    rmdirSync(this.#directory)
  }

  #pathOf(name: string): string {
    return join(this.#directory, name)
  }

  #write(name: string, text: string): void {
    writeFileSync(this.#pathOf(name), text)
  }
}
