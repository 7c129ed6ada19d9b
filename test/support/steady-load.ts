import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'

import { HttpLoad } from './http-load.ts'
import type { TestOrigin } from './origin.ts'
import { until } from './wait.ts'

export interface SteadyLoad {
  readonly client: HttpLoad
  /** Ends the load. */
  readonly end: () => Promise<void>
  /** Fails if a request was lost. */
  readonly assertNoneLost: () => void
}

/**
 * Keep-alive clients that ask for `/bin/1K` and do not stop; resolves when they are at work. They rest
 * a little between requests, so that a machine of two cores has some left for what is tested.
 */
export async function startLoad(
  t: TestContext,
  { ports }: TestOrigin,
  {
    connections = 12,
    thinkMs = 4,
  }: { readonly connections?: number; readonly thinkMs?: number } = {},
): Promise<SteadyLoad> {
  const client = new HttpLoad({
    port: ports.http,
    target: '/bin/1K',
    connections,
    thinkMs,
    isRight: ({ status, body }) => status === 200 && body.length === 1024,
  })
  t.after(() => client.stop())
  await until('the clients are at work', () => client.answered > 10 * connections)
  const end = async (): Promise<void> => {
    await client.stop()
    t.diagnostic(`load: ${JSON.stringify(client.counts)}`)
  }
  const assertNoneLost = (): void => assert.deepEqual(client.losses.slice(0, 5), [])
  return { client, end, assertNoneLost }
}
