import { drain } from '../clients.ts'
import { gibibyte, origin, sendLoop } from '../contestants.ts'
import { createRateRow } from '../rounds.ts'

// The send loop answers by Content-Length here too: it is the same limit, chunks or not.
export const chunked = createRateRow({
  name: 'chunked',
  what: '/bin/1G?chunked=true, one connection after the other (drain)',
  unit: 'gigabyte',
  servers: [origin({ workers: 1 }), sendLoop()],
  client: drain({ path: '/bin/1G?chunked=true', bytes: gibibyte, connections: 1 }),
  targets: [{ metric: 'throughput', bound: 'at least', limit: 0.5, peer: 'C send loop' }],
})
