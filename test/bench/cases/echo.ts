import { wrk } from '../clients.ts'
import { fasthttp, origin } from '../contestants.ts'
import { createRateRow } from '../rounds.ts'
import type { Server } from '../servers.ts'

/** The echo's status, the headers it must have, and the names and kinds of its fields. */
async function describeEcho({ port }: Server): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/?a=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"ok":true}',
  })
  const echo = (await response.json()) as Record<string, unknown>
  const fields = Object.entries(echo).map(([name, value]) => `${name}: ${typeof value}`)
  const headers = ['content-type', 'x-request-id'].filter((name) => response.headers.has(name))
  return [response.status, ...headers, ...fields.toSorted()].join(', ')
}

export const echo = createRateRow({
  name: 'echo',
  what: 'echo JSON of a 100-byte POST, 64 connections (wrk)',
  unit: 'request',
  servers: [origin({ workers: 1 }), fasthttp()],
  client: wrk({ path: '/', connections: 64, script: 'echo.lua' }),
  describeAnswer: describeEcho,
  targets: [{ metric: 'cpu', bound: 'at most', limit: 0.9, peer: 'fasthttp' }],
})
