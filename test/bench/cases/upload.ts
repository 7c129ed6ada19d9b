import { push } from '../clients.ts'
import { fasthttp, gibibyte, origin } from '../contestants.ts'
import { createRateRow } from '../rounds.ts'

export const upload = createRateRow({
  name: 'upload',
  what: '/upload of 1 GiB by Content-Length, one connection after the other (push)',
  unit: 'gigabyte',
  servers: [
    origin({ workers: 1 }),
    fasthttp({ uploads: 'tuned' }),
    fasthttp({ uploads: 'idiomatic' }),
  ],
  client: push({ path: '/upload', bytes: gibibyte, connections: 1 }),
  targets: [{ metric: 'throughput', bound: 'at least', limit: 1.3, peer: 'fasthttp' }],
})
