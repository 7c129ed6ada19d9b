import type { Origins } from '../config/load.ts'
import { type Config, type SettingName, settings } from '../config/settings.ts'
import type { Ports } from './messages.ts'
import type { Fleet } from './workers/fleet.ts'

/** What an origin that has just become ready says of itself. */
export interface Readiness {
  readonly config: Config
  readonly origins: Origins
  readonly version: string
  readonly fleet: Pick<Fleet, 'quota' | 'size'>
  readonly ports: Ports & { readonly admin: number }
}

/** The log line of the start: versions, ports, sizes, and every setting that is not the default. Secrets are left out. */
export function readyLine({ config, origins, version, fleet, ports }: Readiness): object {
  const changed = (Object.keys(config) as SettingName[])
    .filter((name) => origins[name] !== 'default' && settings[name].isSecret !== true)
    .map((name) => [name, config[name]])
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
