import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { atEnd } from './at-end.ts'
import { until } from './wait.ts'

const root = '/sys/fs/cgroup'

// The kernel's default; every quota of these tests is a part of it.
const periodUs = 100_000

export type Controller = 'cpu' | 'memory' | 'pids'

/** The version of the cgroups whose groups we can make for a controller, or why we cannot. */
function versionOf(controller: Controller): 1 | 2 | string {
  if (process.platform !== 'linux') return 'cgroups are a thing of Linux'
  if (process.getuid?.() !== 0) return 'making cgroups takes root'
  const [version, directory] = existsSync(join(root, controller, 'cgroup.procs'))
    ? ([1, join(root, controller)] as const)
    : ([2, root] as const)
  if (version === 2) {
    const file = join(root, 'cgroup.subtree_control')
    const given = existsSync(file) ? readFileSync(file, 'utf8').split(/\s+/) : []
    if (!given.includes(controller)) return `no cgroup gives out the controller ${controller}`
  }
  const probe = join(directory, `hpdummy-probe-${process.pid}`)
  try {
    mkdirSync(probe)
    rmdirSync(probe)
    return version
  } catch (error) {
    return `no group can be made in ${directory}: ${error instanceof Error ? error.message : ''}`
  }
}

/** Why there can be no groups for a controller; false when there can, which is what `skip` takes. */
export function missing(controller: Controller): string | false {
  const version = versionOf(controller)
  return typeof version === 'string' ? version : false
}

let made = 0

/** A real cgroup. It goes with the test, as do those below it, when it has ended what is in them. */
export class Group {
  readonly directory: string
  readonly #controller: Controller
  readonly #version: 1 | 2
  readonly #children: Group[] = []

  private constructor(controller: Controller, above?: string) {
    const version = versionOf(controller)
    if (typeof version === 'string') throw new Error(version)
    this.#version = version
    this.#controller = controller
    const parent = above ?? (version === 1 ? join(root, controller) : root)
    this.directory = join(parent, `hpdummy-test-${process.pid}-${++made}`)
    mkdirSync(this.directory)
  }

  static create(t: TestContext, controller: Controller): Group {
    const group = new Group(controller)
    atEnd(t, () => group.#remove())
    return group
  }

  /** A group below this one. */
  createChild(): Group {
    if (this.#version === 2) this.#write('cgroup.subtree_control', `+${this.#controller}`)
    const child = new Group(this.#controller, this.directory)
    this.#children.push(child)
    return child
  }

  // What the test has started in it has ended by now.
  async #remove(): Promise<void> {
    for (const child of this.#children) await child.#remove()
    for (const member of this.#members()) process.kill(member, 'SIGKILL')
    await until(`${this.directory} can be removed`, () => {
      if (this.#members().length > 0) return false
      rmdirSync(this.directory)
      return true
    })
  }

  #members(): readonly number[] {
    return this.#read('cgroup.procs').split('\n').filter(Boolean).map(Number)
  }

  /** The file a process joins by writing its id to it. */
  get joinFile(): string {
    return join(this.directory, 'cgroup.procs')
  }

  /** CPU time of each period of 100,000 us. */
  set quotaUs(value: number) {
    if (this.#version === 2) {
      this.#write('cpu.max', `${value} ${periodUs}`)
    } else {
      this.#write('cpu.cfs_period_us', String(periodUs))
      this.#write('cpu.cfs_quota_us', String(value))
    }
  }

  /** How many times its share of a CPU that others want, too: it gets its quota beside busy neighbours. */
  set precedence(times: number) {
    if (this.#version === 2) this.#write('cpu.weight', String(100 * times))
    else this.#write('cpu.shares', String(1024 * times))
  }

  /** Periods in which the quota was used up, so far. */
  get throttledPeriods(): number {
    return Number(/^nr_throttled (\d+)$/m.exec(this.#read('cpu.stat'))?.[1] ?? 0)
  }

  set memoryMiB(value: number) {
    const file = this.#version === 2 ? 'memory.max' : 'memory.limit_in_bytes'
    this.#write(file, String(value * 2 ** 20))
  }

  /** The most processes and threads there may be; `max` is any number. */
  set mostThreads(value: number | 'max') {
    this.#write('pids.max', String(value))
  }

  /** How many processes and threads there are. */
  get threads(): number {
    return Number(this.#read('pids.current'))
  }

  /** How many processes the kernel has killed for want of memory. */
  get killed(): number {
    const text = this.#read(this.#version === 2 ? 'memory.events' : 'memory.oom_control')
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)
  }

  /** The most memory there was in use, in MiB; NaN where the kernel does not tell. */
  get peakMiB(): number {
    const name = this.#version === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes'
    const text = this.#read(name)
    return text === '' ? Number.NaN : Math.round(Number(text) / 2 ** 20)
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text)
  }

  #read(name: string): string {
    try {
      return readFileSync(join(this.directory, name), 'utf8')
    } catch {
      return ''
    }
  }
}
