import { hostname } from 'node:os'

import type { Config } from '../config/settings.ts'
import type { Identity } from '../evidence/identity.ts'

/** What identifies this process, from settings and environment; `version` is the program's. */
export function identityOf(config: Config, version: string): Identity {
  return {
    pod: config['identity.pod'] ?? hostname(),
    namespace: config['identity.namespace'] ?? null,
    node: config['identity.node'] ?? null,
    zone: config['identity.zone'] ?? null,
    version: config['identity.version'] ?? version,
  }
}
