import { join } from 'node:path'

import { wrk } from '../clients.ts'
import { origin } from '../contestants.ts'
import { createRateRow } from '../rounds.ts'
import type { Contestant, Ports } from '../servers.ts'
import { peersDirectory } from '../toolchain.ts'

const uncounted = 'not counted'

/** The origin as it is, changed in one thing. */
function variant(
  name: string,
  {
    flags = [],
    nodeFlags = [],
    environment = {},
  }: Partial<Record<'flags' | 'nodeFlags', readonly string[]>> & {
    readonly environment?: Readonly<Record<string, string>>
  },
): Contestant {
  const contestant = origin({ workers: 1, flags })
  return {
    ...contestant,
    name,
    prepare: (ports: Ports) => {
      const [node = process.execPath, ...words] = contestant.prepare(ports).words
      return { words: [node, ...nodeFlags, ...words], environment }
    },
  }
}

// Nobody listens there: an export fails at once, and what is left is what the worker pays.
const tracing = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  OTEL_TRACES_SAMPLER: 'traceidratio',
}

export const observing = createRateRow({
  name: 'observing',
  what: 'what it costs to be watched: echo JSON, keep-alive, 64 connections (wrk)',
  unit: 'request',
  servers: [
    origin({ workers: 1 }),
    variant(uncounted, { nodeFlags: ['--import', join(peersDirectory, 'uncounted.ts')] }),
    variant('access log', { flags: ['--log-requests', '--log-level=info'] }),
    variant('1 % traced', { environment: { ...tracing, OTEL_TRACES_SAMPLER_ARG: '0.01' } }),
    variant('all traced', { environment: { ...tracing, OTEL_TRACES_SAMPLER_ARG: '1' } }),
  ],
  client: wrk({ path: '/', connections: 64 }),
  targets: [{ metric: 'cpu', bound: 'at most', limit: 1.03, peer: uncounted }],
})
