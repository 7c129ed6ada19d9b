import type { Resource } from './cgroup.ts'
import type { Quota } from './quota.ts'
import type { Size } from './sizing.ts'

/**
 * The text of --explain-resources: every place that could limit us with what it says, a star at the one
 * that won, and what follows from them.
 */
export function explainResources(quota: Quota, size: Size): string {
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
`
}

function amount(resource: Resource, value: number): string {
  return resource === 'cpu'
    ? `${Number(value.toFixed(3))} cores`
    : `${Math.floor(value / 2 ** 20)} MiB`
}
