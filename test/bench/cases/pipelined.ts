import { wrk } from '../clients.ts'
import { fasthttp, nginx, origin } from '../contestants.ts'
import { createRateRow } from '../rounds.ts'
import { describeDownload } from './small.ts'

const depth = 16

export const pipelined = createRateRow({
  name: 'pipelined',
  what: `1 KiB GET, ${depth} pipelined, 64 connections (wrk): what userland costs`,
  unit: 'request',
  servers: [origin({ workers: 1 }), fasthttp(), nginx()],
  client: wrk({
    path: '/bin/1K',
    connections: 64,
    script: 'pipelined.lua',
    scriptWords: [`${depth}`],
  }),
  describeAnswer: describeDownload,
  targets: [{ metric: 'throughput', bound: 'at least', limit: 0.9, peer: 'fasthttp' }],
})
