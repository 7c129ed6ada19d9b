import { readFileSync } from 'node:fs'

import type { Config } from '../../config/settings.ts'
import { look } from '../../look.ts'
import { type FileBudget, filesFor, howToRaise } from './open-files.ts'
import type { Quota } from './quota.ts'

/** How much of something the system allows, and what to do when that is too little. */
export interface SystemLimit {
  readonly name: 'files' | 'ports' | 'backlog' | 'memory'
  readonly text: string
  /** The command or the setting that corrects it; undefined when it is enough. */
  readonly mend: string | undefined
}

/** What the limits are compared with. */
export interface LimitFacts {
  readonly files: FileBudget
  readonly backlog: number
  readonly memoryBytes: number | undefined
  /** The text of a file of /proc/sys; undefined when it cannot be read. */
  readonly read: (path: string) => string | undefined
}

// Of an idle TCP connection with its file: 4.1 KiB of the kernel's, 0.6 KiB of ours (10,000 measured).
const connectionBytes = 4.7 * 1024

// The kernel's own range, 32768 to 60999.
const usualPorts = 28_232

/** The limits that end load tests, each in one line, with the command that raises it. */
export function systemLimits(facts: LimitFacts): readonly SystemLimit[] {
  return [
    filesLimit(facts.files),
    ...portsLimit(facts),
    ...backlogLimit(facts),
    memoryLimit(facts.files.connections, facts.memoryBytes),
  ]
}

/** The limits of this machine, for these settings. */
export function limitsFor(
  config: Config,
  quota: Pick<Quota, 'memoryBytes'>,
  workers: number,
): readonly SystemLimit[] {
  return systemLimits({
    files: filesFor(config, workers),
    backlog: config['tcp.backlog'],
    memoryBytes: quota.memoryBytes,
    read: (path) => look(() => readFileSync(path, 'utf8')),
  })
}

function filesLimit({ limit, connections, asked, reserve }: FileBudget): SystemLimit {
  const text = `${connections} connections of ${asked} have a file (ulimit -n is ${limit ?? 'unlimited'})`
  return {
    name: 'files',
    text,
    mend: connections < asked ? howToRaise(asked + reserve) : undefined,
  }
}

function portsLimit({ read }: LimitFacts): readonly SystemLimit[] {
  const [, low, high] =
    /^(\d+)\s+(\d+)/.exec(read('/proc/sys/net/ipv4/ip_local_port_range') ?? '') ?? []
  if (low === undefined || high === undefined) return []
  const ports = Number(high) - Number(low) + 1
  return [
    {
      name: 'ports',
      text: `a client or proxy on this machine opens ${ports} connections at a time from one address to one port (ip_local_port_range is ${low} to ${high})`,
      mend: ports < usualPorts ? 'sysctl -w net.ipv4.ip_local_port_range="1024 65535"' : undefined,
    },
  ]
}

function backlogLimit({ read, backlog }: LimitFacts): readonly SystemLimit[] {
  const most = Number(read('/proc/sys/net/core/somaxconn') ?? Number.NaN)
  if (Number.isNaN(most)) return []
  const text = `${Math.min(most, backlog)} connections wait to be accepted, of tcp.backlog=${backlog} (net.core.somaxconn is ${most})`
  const mend = most < backlog ? `sysctl -w net.core.somaxconn=${backlog}` : undefined
  return [{ name: 'backlog', text, mend }]
}

function memoryLimit(connections: number, memoryBytes: number | undefined): SystemLimit {
  const bytes = connections * connectionBytes
  const text = `${connections} idle connections take ${mebibytes(bytes)} MiB, of ${memoryBytes === undefined ? 'no limit' : `${mebibytes(memoryBytes)} MiB`}`
  // The other half is for the process itself and for what the connections are used for.
  const fits = memoryBytes === undefined || bytes <= memoryBytes / 2
  const mend = fits
    ? undefined
    : `--limits-connections=${Math.floor(memoryBytes / 2 / connectionBytes)}, or a memory limit of ${mebibytes(bytes * 2)} MiB`
  return { name: 'memory', text, mend }
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20)
}
