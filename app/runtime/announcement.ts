import type { Log } from '../telemetry/log.ts'
import { type Readiness, bannerText, changedNames } from './banner.ts'

/** Says that the origin is ready: to a person who watches by a banner, to all others by a line of the log. */
export function announce({
  log,
  greet,
  ...readiness
}: Readiness & Pick<Log, 'log' | 'greet'>): void {
  if (!greet(bannerText(readiness))) log.info(readyLine(readiness), 'ready')
}

// Versions, ports, sizes, and every setting that is not the default. Secrets are left out.
function readyLine({ config, origins, version, fleet, ports }: Readiness): object {
  const changed = changedNames({ config, origins }).map((name) => [name, config[name]])
  const { cpus, cpuSource, memoryBytes } = fleet.quota
  return {
    version,
    node: process.version,
    pid: process.pid,
    host: config['http.host'],
    ports,
    ...fleet.size,
    quota: { cpus, cpuSource, memoryBytes },
    settings: Object.fromEntries(changed) as object,
  }
}
