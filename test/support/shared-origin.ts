import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, after, before } from 'node:test'

import { destroyLeftovers } from './leftovers.ts'
import { type TestOrigin, type TestSettings, startOrigin } from './origin.ts'
import { scrape } from './scrape.ts'
import { type Patience, until } from './wait.ts'

/** One origin for all tests of a file: started before the first, ended (and must end well) after the last. */
export function useOrigin(settings: TestSettings = {}): () => TestOrigin {
  let origin: TestOrigin | undefined
  const ends: (() => unknown)[] = []
  before(async () => {
    // All that startOrigin asks of a test is to be called back at its end, which a file can do too.
    const file = { after: (end: () => unknown) => ends.push(end) } as unknown as TestContext
    origin = await startOrigin(file, settings)
  })
  after(async () => {
    destroyLeftovers()
    for (const end of ends) await end()
  })
  return () => {
    if (origin === undefined) throw new Error('the origin did not start')
    return origin
  }
}

/** What is going on in the origin, by its own metrics. */
export interface Activity {
  readonly requests: number
  readonly connections: number
  readonly webSockets: number
}

export async function readActivity(origin: TestOrigin): Promise<Activity> {
  const numbers = await scrape(origin)
  return {
    requests: numbers.activeRequests ?? assert.fail('/metrics has no requests'),
    connections: numbers.openConnections ?? assert.fail('/metrics has no connections'),
    webSockets: numbers.openWebSockets ?? assert.fail('/metrics has no WebSockets'),
  }
}

/** Resolves when the origin has let go of every request, connection and WebSocket. */
export async function allFreed(origin: TestOrigin, patience: Patience = {}): Promise<void> {
  await until('all requests, connections and WebSockets freed', () => readActivity(origin), {
    holds: ({ requests, connections, webSockets }) => requests + connections + webSockets === 0,
    ...patience,
  })
}

/** Resident memory of the origin's process in bytes. */
export function residentBytes({ pid }: TestOrigin): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(match?.[1]) * 1024
}
