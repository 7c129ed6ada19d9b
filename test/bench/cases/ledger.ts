import { type Client, wrk } from '../clients.ts'
import { origin } from '../contestants.ts'
import { createRateRow } from '../rounds.ts'
import type { Contestant } from '../servers.ts'

const unrecorded = 'same bytes, no id'

/** What is sent to which of the servers, which are all the same. */
const loads: Readonly<Record<string, readonly string[]>> = {
  recorded: ['X-HP-Id', 'new'],
  [unrecorded]: ['X-No-Id', 'new'],
  'in a run': ['X-HP-Id', 'new', 'X-HP-Run: bench'],
  'one id': ['X-HP-Id', 'one'],
}

const client: Client = (server, seconds) =>
  wrk({
    path: '/bin/1K',
    connections: 64,
    script: 'ids.lua',
    scriptWords: loads[server.name] ?? [],
  })(server, seconds)

function named(name: string): Contestant {
  return { ...origin({ workers: 1 }), name }
}

export const ledger = createRateRow({
  name: 'ledger',
  what: 'a record of each request: 1 KiB GET with an id, keep-alive, 64 connections (wrk)',
  unit: 'request',
  servers: Object.keys(loads).map((name) => named(name)),
  client,
  targets: [{ metric: 'cpu', bound: 'at most', limit: 1.15, peer: unrecorded }],
})
