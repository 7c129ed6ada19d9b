import { hostname } from 'node:os'

import type { Config } from '../config/settings.ts'
import type { Identity } from '../evidence/identity.ts'

/** The pod's name, or the host's where there is none. */
export function podOf(config: Config): string {
  return config['identity.pod'] ?? hostname()
}

/** What identifies this process, from settings and environment; `version` is the program's. */
export function identityOf(config: Config, version: string): Identity {
  return {
    pod: podOf(config),
    namespace: config['identity.namespace'] ?? null,
    node: config['identity.node'] ?? null,
    zone: config['identity.zone'] ?? null,
    version: config['identity.version'] ?? version,
  }
}
