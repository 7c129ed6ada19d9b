import { wrk } from '../clients.ts'
import { fasthttp, nginx, origin } from '../contestants.ts'
import { createRateRow } from '../rounds.ts'
import type { Server } from '../servers.ts'

/** The answer of a small download, in the parts that cost bytes on the wire. */
export async function describeDownload({ port }: Server): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/bin/1K`)
  const body = await response.arrayBuffer()
  const { status, headers } = response
  return [
    status,
    ...['content-type', 'content-disposition', 'content-length'].map((name) => headers.get(name)),
    `${body.byteLength} bytes`,
  ].join(', ')
}

export const small = createRateRow({
  name: 'small',
  what: '1 KiB GET, keep-alive, 64 connections (wrk)',
  unit: 'request',
  servers: [origin({ workers: 1 }), fasthttp(), nginx()],
  client: wrk({ path: '/bin/1K', connections: 64 }),
  describeAnswer: describeDownload,
  targets: [
    { metric: 'cpu', bound: 'at most', limit: 0.95, peer: 'fasthttp' },
    { metric: 'cpu', bound: 'at most', limit: 1.1, peer: 'nginx' },
    { metric: 'throughput', bound: 'at least', limit: 1, peer: 'fasthttp' },
  ],
})
