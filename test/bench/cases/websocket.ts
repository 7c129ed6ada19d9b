import { wsEcho } from '../clients.ts'
import { origin, uwsEcho } from '../contestants.ts'
import { createRateRow } from '../rounds.ts'

const inFlight = 16

export const websocket = createRateRow({
  name: 'websocket',
  what: `echo of 64-byte messages, 64 connections, ${inFlight} in flight on each (ws-echo)`,
  unit: 'message',
  servers: [origin({ workers: 1 }), uwsEcho()],
  client: wsEcho({ path: '/ws', bytes: 64, connections: 64, inFlight }),
  targets: [{ metric: 'throughput', bound: 'at least', limit: 0.9, peer: 'bare uWS' }],
})
