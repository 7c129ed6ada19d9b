import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SilentConnections } from '../../../app/runtime/silent-connections.ts'
import { createSlabMemory } from '../../../app/telemetry/slab-layout.ts'
import { Slab } from '../../../app/telemetry/slab.ts'

/** What happens in one second: connections that open and that end, requests that end. */
interface Second {
  readonly opened?: number
  readonly closed?: number
  readonly requests?: number
  readonly begun?: number
}

/** How many connections are noticed, and how often a line is written, when these seconds pass. */
function notice(seconds: readonly Second[]): { readonly count: number; readonly lines: number } {
  const memory = createSlabMemory()
  const slab = new Slab(memory, 'fast')
  let lines = 0
  const silent = new SilentConnections({
    slabs: () => [memory],
    ports: () => undefined,
    log: { warn: () => lines++ },
  })
  silent.look()
  for (const { opened = 0, closed = 0, requests = 0, begun = 0 } of seconds) {
    slab.add('connectionsOpened', opened)
    slab.add('connectionsOpen', opened - closed)
    slab.add('exchangesActive', begun)
    for (let each = 0; each < requests; each++) slab.countBodies(0, 0)
    silent.look()
  }
  return { count: silent.count, lines }
}

const nothing: Second = {}

for (const [what, seconds, count] of [
  ['one that ends without a request', [{ opened: 1, closed: 1 }, nothing], 1],
  ['one that ends a second later', [{ opened: 1 }, { closed: 1 }, nothing], 1],
  ['one that stays open', [{ opened: 1 }, nothing, nothing], 0],
  ['one for each request', [{ opened: 9, closed: 9, requests: 9 }, nothing], 0],
  [
    'requests that come in the next second',
    [{ opened: 9 }, { closed: 9, requests: 9 }, nothing],
    0,
  ],
  ['a request that is still answered', [{ opened: 2, closed: 1, begun: 1 }, nothing], 1],
  ['idle ones that end', [{ opened: 5, requests: 5 }, nothing, { closed: 5 }, nothing], 0],
  ['some among others', [{ opened: 10, closed: 10, requests: 7 }, nothing, nothing], 3],
  ['each second', [{ opened: 2, closed: 2 }, { opened: 3, closed: 3 }, nothing, nothing], 5],
] as const) {
  test(`${what}: ${count} are noticed, and one line says so`, () => {
    assert.deepEqual(notice(seconds), { count, lines: count > 0 ? 1 : 0 })
  })
}
