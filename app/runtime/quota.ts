import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

import { type Hierarchy, type ReadText, type Resource, findHierarchy } from './cgroup.ts'

/** One place that could limit us: what it says, and as cores or bytes; no value means no limit. */
export interface Finding {
  readonly resource: Resource
  readonly source: string
  readonly text: string
  readonly value: number | undefined
}

/** What this process may use. `findings` is the chain that led to it, in the order it was looked at. */
export interface Quota {
  /** Cores, a fraction where the quota is one; Infinity when nothing limits them, which cannot be. */
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

/**
 * The least of every limit that can be seen: the quota of our cgroup and of all its ancestors, and the
 * affinity mask. Go, automaxprocs and libuv look at one level only (and libuv at the wrong one).
 */
export function readQuota(read: ReadText = readFile, parallelism = availableParallelism()): Quota {
  const findings = [...affinity(read, parallelism), ...cpuLevels(read), ...memoryLevels(read)]
  const cpu = least(findings, 'cpu')
  const memory = least(findings, 'memory')
  return {
    cpus: cpu?.value ?? 1,
    cpuSource: cpu?.source ?? 'nothing says: one is assumed',
    memoryBytes: memory?.value,
    memorySource: memory?.source ?? 'no limit',
    findings,
  }
}

/** Worker threads for so many cores: whole ones only, because a loop that gets half a core is throttled in bursts. */
export function workersFor(cpus: number): number {
  return Math.max(1, Math.floor(cpus))
}

/** The chain as text: every file with what it says, and which one won. */
export function explainQuota(quota: Quota): string {
  const lines = quota.findings.map(({ resource, source, text, value }) => {
    const isLeast =
      source === (resource === 'cpu' ? quota.cpuSource : quota.memorySource) && value !== undefined
    const shown = value === undefined ? 'no limit' : amount(resource, value)
    return `${isLeast ? '*' : ' '} ${resource.padEnd(6)} ${shown.padEnd(12)} ${source}: ${text}`
  })
  const memory = quota.memoryBytes === undefined ? 'no limit' : amount('memory', quota.memoryBytes)
  return `${lines.join('\n')}
cpu     ${amount('cpu', quota.cpus)}, by ${quota.cpuSource}
memory  ${memory}, by ${quota.memorySource}
workers ${workersFor(quota.cpus)} when workers=auto: whole cores, at least 1
`
}

function amount(resource: Resource, value: number): string {
  return resource === 'cpu'
    ? `${Number(value.toFixed(3))} cores`
    : `${Math.floor(value / 2 ** 20)} MiB`
}

function least(findings: readonly Finding[], resource: Resource): Finding | undefined {
  return findings
    .filter((finding) => finding.resource === resource && finding.value !== undefined)
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

// Files of the kernel come and go with the cgroup; one that cannot be read says nothing.
function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function cpuLevels(read: ReadText): readonly Finding[] {
  return findLevels(read, 'cpu', (hierarchy, level) => {
    if (hierarchy.version === 2) return fileFinding(read, `${level}/cpu.max`, parseCpuMax)
    const quota = read(`${level}/cpu.cfs_quota_us`)
    const period = read(`${level}/cpu.cfs_period_us`)
    const both =
      quota === undefined || period === undefined ? undefined : `${quota.trim()} ${period.trim()}`
    return { source: `${level}/cpu.cfs_quota_us`, text: both, value: parseCpuMax(both ?? '') }
  })
}

function memoryLevels(read: ReadText): readonly Finding[] {
  return findLevels(read, 'memory', (hierarchy, level) =>
    fileFinding(
      read,
      `${level}/${hierarchy.version === 2 ? 'memory.max' : 'memory.limit_in_bytes'}`,
      parseMemory,
    ),
  )
}

interface LevelFinding {
  readonly source: string
  readonly text: string | undefined
  readonly value: number | undefined
}

function findLevels(
  read: ReadText,
  resource: Resource,
  look: (hierarchy: Hierarchy, level: string) => LevelFinding,
): readonly Finding[] {
  const hierarchy = findHierarchy(read, resource)
  if (hierarchy === undefined) return []
  return hierarchy.levels
    .map((level) => look(hierarchy, level))
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

// `max`, `-1 100000`, `150000 100000`; anything else limits nothing, and is shown as it is.
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
