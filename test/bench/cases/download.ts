import { drain } from '../clients.ts'
import { fasthttp, gibibyte, origin, sendLoop } from '../contestants.ts'
import { createRateRow } from '../rounds.ts'

export const download = createRateRow({
  name: 'download',
  what: '/bin/1G by Content-Length, one connection after the other (drain)',
  unit: 'gigabyte',
  servers: [origin({ workers: 1 }), sendLoop(), fasthttp()],
  client: drain({ path: '/bin/1G', bytes: gibibyte, connections: 1 }),
  targets: [{ metric: 'throughput', bound: 'at least', limit: 0.95, peer: 'C send loop' }],
})
