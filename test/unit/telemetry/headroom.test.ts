import assert from 'node:assert/strict'
import { test } from 'node:test'

import { headroomNote, headroomOf, ownLoop } from '../../../app/telemetry/headroom.ts'

function own(loop: number, ran: number, waited: number): number {
  return Number(ownLoop({ loop, ran, waited }).toFixed(3))
}

function waitNote(waited: number, cpu: number): string | undefined {
  return headroomNote({ waited, cpu, workers: [{ worker: 0, loop: 0.4, connections: 9 }] })
}

/** Of workers from 9 on. */
function pinNote(
  ...workers: readonly (readonly [loop: number, connections: number])[]
): string | undefined {
  return headroomNote({
    waited: 0,
    cpu: 0.3,
    workers: workers.map(([loop, connections], at) => ({ worker: at + 9, loop, connections })),
  })
}

test('headroom is what the scarcest thing leaves, and never less than none', () => {
  assert.equal(headroomOf({ loop: 0.25, cpu: 0.5, throttled: undefined }), 0.5)
  assert.equal(headroomOf({ loop: 0.25, cpu: 0.5, throttled: 0.75 }), 0.25)
  assert.equal(headroomOf({ loop: 0.1, cpu: 1.4, throttled: 0 }), 0)
  assert.equal(headroomOf({ loop: 0, cpu: 0, throttled: 0 }), 1)
})

test("time in which others had the CPU is not the loop's own", () => {
  // Of an innocent origin beside busy neighbours.
  assert.equal(own(0.76, 0.37, 0.39), 0.37)
  assert.equal(own(1, 1, 0), 1)
  // A call that blocks takes no CPU, and is the loop's own.
  assert.equal(own(0.9, 0.1, 0.05), 0.85)
  // It waited before it was woken, too, which the loop does not see.
  assert.equal(own(0.3, 0.2, 0.6), 0.2)
  // Never more than the loop says.
  assert.equal(own(0.2, 0.25, 0), 0.2)
})

test('a machine that is busy with something else is said to be, unless the origin itself uses all it may', () => {
  assert.equal(
    waitNote(0.394, 0.37),
    'machine busy elsewhere: a worker waited 39 % of the time for a CPU',
  )
  assert.equal(waitNote(0.05, 0.37), undefined)
  assert.equal(waitNote(0.4, 0.97), undefined)
  assert.ok((waitNote(1, 0) ?? '').length <= 80)
})

test('one connection that keeps one worker busy while others are idle is said', () => {
  const sentence = 'one connection pins worker 10: open more, to use the other workers'
  assert.equal(pinNote([0.05, 0], [0.95, 1], [0.01, 0]), sentence)
  assert.equal(pinNote([0.05, 0], [0.95, 2]), undefined)
  assert.equal(pinNote([0.6, 1], [0.95, 1]), undefined)
  assert.equal(pinNote([0.01, 0], [0.4, 1]), undefined)
  // There is no other to use.
  assert.equal(pinNote([0.95, 1]), undefined)
})
