import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { Buffered, BufferedTotals, createBufferedCells } from '../../../app/budgets/buffered.ts'

/** A holder that keeps count of how often it was told to give up. */
function createHolder(): { giveUp(): void; told: number } {
  return {
    told: 0,
    giveUp() {
      this.told++
    },
  }
}

function createBudget(limit: number): {
  worker: Buffered
  totals: BufferedTotals
  cells: SharedArrayBuffer
} {
  const cells = createBufferedCells()
  const totals = new BufferedTotals(cells)
  totals.limit = limit
  return { worker: new Buffered(cells, 0), totals, cells }
}

test('past the limit the largest holder releases its bytes, and no other does', () => {
  const { worker, totals } = createBudget(100)
  const [small, large, last] = [createHolder(), createHolder(), createHolder()]
  worker.hold(small, 20)
  worker.hold(large, 70)
  worker.hold(last, 10)
  assert.deepEqual([small.told, large.told, last.told, totals.held], [0, 0, 0, 100])
  worker.hold(last, 11)
  assert.deepEqual([small.told, large.told, last.told, totals.held], [0, 1, 0, 31])
  worker.hold(small, 0)
  worker.hold(last, 0)
  assert.equal(totals.held, 0)
})

test('a holder larger than the whole budget releases its bytes within the call', () => {
  const { worker, totals } = createBudget(100)
  const holder = createHolder()
  worker.hold(holder, 101)
  assert.deepEqual([holder.told, totals.held], [1, 0])
})

test('workers share the limit: the one that holds most releases bytes at its next look', () => {
  const { worker, totals, cells } = createBudget(100)
  const other = new Buffered(cells, 1)
  const [mine, theirs] = [createHolder(), createHolder()]
  worker.hold(mine, 80)
  other.hold(theirs, 21)
  assert.deepEqual([mine.told, theirs.told, totals.held], [0, 0, 101])
  worker.keep()
  assert.deepEqual([mine.told, theirs.told, totals.held], [1, 0, 21])
})

test('a worker does not wait for another that is far over the limit', () => {
  const { worker, cells } = createBudget(100)
  const other = new Buffered(cells, 1)
  const [mine, theirs] = [createHolder(), createHolder()]
  worker.hold(mine, 90)
  other.hold(theirs, 40)
  assert.deepEqual([mine.told, theirs.told], [0, 1])
})

test('objects in a heap smaller than the budget weigh more', () => {
  const { totals, cells } = createBudget(1000)
  const worker = new Buffered(cells, 2, 100)
  const holder = createHolder()
  worker.holdInHeap(holder, 50)
  assert.deepEqual([holder.told, totals.held], [0, 500])
  worker.holdInHeap(holder, 101)
  assert.deepEqual([holder.told, totals.held], [1, 0])
  const roomy = new Buffered(cells, 3)
  roomy.holdInHeap(createHolder(), 50)
  assert.equal(totals.held, 50)
})

test('the bytes of a worker are free when it is gone, and its seat starts at 0', () => {
  const { worker, totals, cells } = createBudget(100)
  worker.hold(createHolder(), 60)
  totals.vacate(0)
  assert.equal(totals.held, 0)
  new Buffered(cells, 0).hold(createHolder(), 30)
  assert.equal(totals.held, 30)
})

test('the sum is always that of the holders, and never past the limit', () => {
  const step = fc.tuple(fc.nat(4), fc.nat(120))
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const { worker, totals } = createBudget(100)
    const held = new Map<number, number>()
    const holders = [0, 1, 2, 3, 4].map((id) => ({ giveUp: () => void held.delete(id) }))
    for (const [id, bytes] of steps) {
      held.set(id, bytes)
      const holder = holders[id]
      if (holder !== undefined) worker.hold(holder, bytes)
      const sum = [...held.values()].reduce((total, one) => total + one, 0)
      assert.equal(totals.held, sum)
      assert.ok(sum <= 100)
    }
  })
  fc.assert(property)
})

test('sources that cannot count their bytes free memory in turn, until it is enough', () => {
  const { worker } = createBudget(100)
  const asked: number[] = []
  const create = (isBusy: boolean, frees: number): void => {
    worker.addHidden({
      isBusy,
      probe: () => {},
      relieve: (bytes) => {
        asked.push(bytes)
        return frees
      },
    })
  }
  create(false, 1000)
  create(true, 30)
  create(true, 80)
  create(true, 1000)
  assert.equal(worker.isBusy, true)
  assert.equal(worker.relieveHidden(100, false), 110)
  assert.deepEqual(asked, [100, 70])
})
