import { availableParallelism } from 'node:os'

import {
  type Hierarchy,
  type ReadText,
  type Resource,
  findHierarchy,
  readKernelFile,
} from './cgroup.ts'

/** One place that could limit us: its value as written, and in cores or bytes; without the latter it sets no limit. */
export interface Finding {
  readonly resource: Resource
  readonly source: string
  readonly text: string
  readonly value: number | undefined
}

/** What this process may use. `findings` is the chain that led to it, in the order it was looked at. */
export interface Quota {
  /** Cores, a fraction where the quota is one; never Infinity, because the affinity mask always limits them. */
  readonly cpus: number
  readonly cpuSource: string
  readonly memoryBytes: number | undefined
  readonly memorySource: string
  readonly findings: readonly Finding[]
}

// cgroup v1 writes "no limit" as the largest page count in bytes, just below 2^63.
const unlimitedBytes = 2 ** 62

// What the kernel assumes where cpu.max names no period (cgroup-v2.rst).
const defaultPeriodUs = 100_000

/** What the settings quota.cpus and quota.memory declare. It replaces what the kernel's files say. */
export interface Declared {
  readonly cpus?: number | undefined
  readonly memoryBytes?: number | undefined
}

/** Where the kernel's files are read, and what to do without them. */
export interface Machine {
  readonly read: ReadText
  readonly parallelism: number
}

/**
 * What was declared; otherwise the least of every limit that can be seen: the quota of our cgroup and of all its
 * ancestors, and the affinity mask. Go, automaxprocs and libuv look at one level only (and libuv at the wrong one). A
 * limit of the whole pod cannot be seen from within a container's cgroup namespace: declare it (the downward API can).
 */
export function readQuota(
  declared: Declared = {},
  { read, parallelism }: Machine = { read: readKernelFile, parallelism: availableParallelism() },
): Quota {
  const findings = [
    ...declaredFindings(declared),
    ...affinity(read, parallelism),
    ...cpuLevels(read),
    ...memoryLevels(read),
  ]
  const cpu = declaredOrLeast(findings, 'cpu')
  const memory = declaredOrLeast(findings, 'memory')
  return {
    cpus: cpu?.value ?? 1,
    cpuSource: cpu?.source ?? 'nothing says: one is assumed',
    memoryBytes: memory?.value,
    memorySource: memory?.source ?? 'no limit',
    findings,
  }
}

/** Worker threads for a number of cores: whole ones only, because a loop with half a core is throttled in bursts. */
export function workersFor(cpus: number): number {
  return Math.max(1, Math.floor(cpus))
}

const declaredBy: Readonly<Record<Resource, string>> = {
  cpu: 'setting quota.cpus',
  memory: 'setting quota.memory',
}

function declaredFindings({ cpus, memoryBytes }: Declared): readonly Finding[] {
  const both: readonly [Resource, number | undefined][] = [
    ['cpu', cpus],
    ['memory', memoryBytes],
  ]
  return both.flatMap(([resource, value]) =>
    value === undefined
      ? []
      : [{ resource, source: declaredBy[resource], text: String(value), value }],
  )
}

function declaredOrLeast(findings: readonly Finding[], resource: Resource): Finding | undefined {
  const ours = findings.filter((finding) => finding.resource === resource)
  return ours.find(({ source }) => source === declaredBy[resource]) ?? least(ours)
}

function least(findings: readonly Finding[]): Finding | undefined {
  return findings
    .filter(({ value }) => value !== undefined)
    .reduce<Finding | undefined>(
      (best, next) => ((next.value ?? 0) < (best?.value ?? Infinity) ? next : best),
      undefined,
    )
}

function affinity(read: ReadText, parallelism: number): readonly Finding[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(read('/proc/self/status') ?? '')?.[1]
  if (list === undefined) {
    const source = 'os.availableParallelism()'
    return [{ resource: 'cpu', source, text: String(parallelism), value: parallelism }]
  }
  const cores = list.split(',').reduce((sum, range) => {
    const [first = '', last = first] = range.split('-')
    return sum + Number(last) - Number(first) + 1
  }, 0)
  const value = Number.isInteger(cores) && cores > 0 ? cores : undefined
  return [{ resource: 'cpu', source: '/proc/self/status Cpus_allowed_list', text: list, value }]
}

function cpuLevels(read: ReadText): readonly Finding[] {
  return findLevels(read, 'cpu', (hierarchy, level) => {
    if (hierarchy.version === 2) return [fileFinding(read, `${level}/cpu.max`, parseCpuMax)]
    const quota = read(`${level}/cpu.cfs_quota_us`)
    const period = read(`${level}/cpu.cfs_period_us`)
    const both =
      quota === undefined || period === undefined ? undefined : `${quota.trim()} ${period.trim()}`
    return [{ source: `${level}/cpu.cfs_quota_us`, text: both, value: parseCpuMax(both ?? '') }]
  })
}

function memoryLevels(read: ReadText): readonly Finding[] {
  // memory.high kills no process, but slows one that stays above it until it can do nothing.
  const limits = findLevels(read, 'memory', ({ version }, level) =>
    (version === 2 ? ['memory.max', 'memory.high'] : ['memory.limit_in_bytes']).map((name) =>
      fileFinding(read, `${level}/${name}`, parseMemory),
    ),
  )
  return [...limits, ...hierarchicalLimit(read)]
}

// Version 1 reports the least of all ancestors, including those that a container's mount does not show.
function hierarchicalLimit(read: ReadText): readonly Finding[] {
  const hierarchy = findHierarchy(read, 'memory')
  const [leaf] = hierarchy?.version === 1 ? hierarchy.levels : []
  const text = /^hierarchical_memory_limit (\d+)$/m.exec(read(`${leaf}/memory.stat`) ?? '')?.[1]
  if (leaf === undefined || text === undefined) return []
  const source = `${leaf}/memory.stat hierarchical_memory_limit`
  return [{ resource: 'memory', source, text, value: parseMemory(text) }]
}

interface LevelFinding {
  readonly source: string
  readonly text: string | undefined
  readonly value: number | undefined
}

function findLevels(
  read: ReadText,
  resource: Resource,
  look: (hierarchy: Hierarchy, level: string) => readonly LevelFinding[],
): readonly Finding[] {
  const hierarchy = findHierarchy(read, resource)
  if (hierarchy === undefined) return []
  return hierarchy.levels
    .flatMap((level) => look(hierarchy, level))
    .flatMap(({ source, text, value }) =>
      text === undefined ? [] : [{ resource, source, text, value }],
    )
}

function fileFinding(
  read: ReadText,
  source: string,
  parse: (text: string) => number | undefined,
): LevelFinding {
  const text = read(source)?.trim()
  return { source, text, value: text === undefined ? undefined : parse(text) }
}

// `max`, `-1 100000`, `150000 100000`. Anything else sets no limit, and is shown as it is.
function parseCpuMax(text: string): number | undefined {
  const [quota = '', period = String(defaultPeriodUs)] = text.split(/\s+/)
  if (!/^\d+$/.test(quota) || !/^\d+$/.test(period)) return undefined
  const cores = Number(quota) / Number(period)
  return cores > 0 && Number.isFinite(cores) ? cores : undefined
}

function parseMemory(text: string): number | undefined {
  const bytes = /^\d+$/.test(text) ? Number(text) : undefined
  return bytes !== undefined && bytes > 0 && bytes < unlimitedBytes ? bytes : undefined
}
