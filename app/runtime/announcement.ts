import type { PortName } from '../config/ports.ts'
import type { Log } from '../telemetry/log.ts'
import { type Readiness, bannerText, changedNames } from './banner.ts'
import { limitsFor } from './machine/system-limits.ts'

/**
 * Announces that the origin is ready: by a banner to a person at a terminal, otherwise by a log line. Warns of ports
 * that another process has open, too: `taken`.
 */
export function announce(
  { log, greet, ...readiness }: Readiness & Pick<Log, 'log' | 'greet'>,
  taken: readonly PortName[],
): void {
  if (!greet(bannerText(readiness))) log.info(readyLine(readiness), 'ready')
  const { config, fleet } = readiness
  for (const { name, text, mend } of limitsFor(config, fleet.quota, fleet.size.workers)) {
    // Admission warns of too few files, also when the limit changes later.
    if (mend !== undefined && name !== 'files') log.info({ limit: name, mend }, text)
  }
  for (const name of taken) {
    const port = readiness.ports[name]
    log.warn(
      { name, port, find: `ss -lntup "sport = :${port}"` },
      'another process has this port open, too (SO_REUSEPORT), and gets a part of the connections: end it, or choose another port',
    )
  }
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
