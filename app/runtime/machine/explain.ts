import type { Resource } from './cgroup.ts'
import type { FileBudget } from './open-files.ts'
import type { Quota } from './quota.ts'
import type { Size } from './sizing.ts'
import type { SystemLimit } from './system-limits.ts'

/** What settings and limits lead to, apart from the workers. */
export interface Explained {
  readonly files: FileBudget
  readonly bufferedBytes: number
  readonly pool: PoolSize
  readonly limits: readonly SystemLimit[]
}

/** The compute pool at its largest. */
export interface PoolSize {
  readonly threads: number
  /** What one takes. */
  readonly threadBytes: number
  readonly queue: number
}

/**
 * The text of --explain-resources: every place that could limit us with its value, a star at the one that won, and what
 * follows from them.
 */
export function explainResources(
  quota: Quota,
  size: Size,
  { files, bufferedBytes, pool, limits }: Explained,
): string {
  const lines = quota.findings.map(({ resource, source, text, value }) => {
    const winner = resource === 'cpu' ? quota.cpuSource : quota.memorySource
    const mark = source === winner && value !== undefined ? '*' : ' '
    const shown = value === undefined ? 'no limit' : amount(resource, value)
    return `${mark} ${resource.padEnd(6)} ${shown.padEnd(12)} ${source}: ${text}`
  })
  const memory =
    quota.memoryBytes === undefined
      ? 'no limit'
      : `${amount('memory', quota.memoryBytes)}, by ${quota.memorySource}`
  const { oldMiB, youngMiB, reason } = size.heap
  return `${lines.join('\n')}
cpu     ${amount('cpu', quota.cpus)}, by ${quota.cpuSource}
memory  ${memory}
workers ${size.workers}: ${size.reason}
heap    ${oldMiB} MiB old and ${youngMiB} MiB young for each worker: ${reason}
files   ${shares(files)}
buffered ${amount('memory', bufferedBytes)} of clients' bytes at once, over all workers (limits.buffered)
pool    up to ${pool.threads} threads for work, ${amount('memory', pool.threadBytes)} each, started when there is work and memory; ${pool.queue} jobs may wait

limits of the system, with ! where one is too low
${limits.map(limitLine).join('\n')}
`
}

function limitLine({ name, text, mend }: SystemLimit): string {
  const line = `${mend === undefined ? ' ' : '!'} ${name.padEnd(7)} ${text}`
  return mend === undefined ? line : `${line}: ${mend}`
}

function shares({ limit, reserve, adminConnections, asked, connections }: FileBudget): string {
  const of = limit === undefined ? 'no known limit' : `${limit}, by RLIMIT_NOFILE (ulimit -n)`
  const less = connections < asked ? `, of ${asked} asked for` : ''
  return `${of}: ${connections} connections${less}; ${reserve} kept for everything else, of which ${adminConnections} are connections of the admin port`
}

function amount(resource: Resource, value: number): string {
  return resource === 'cpu'
    ? `${Number(value.toFixed(3))} cores`
    : `${Math.floor(value / 2 ** 20)} MiB`
}
