import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Entry } from '../../../../app/evidence/ledger/entries.ts'
import { hashOf } from '../../../../app/evidence/ledger/hash.ts'
import type { EndCause } from '../../../../app/evidence/ledger/record.ts'
import { RunTally, mostOdd } from '../../../../app/evidence/ledger/run-tally.ts'

let numbers = 0

const entryOf = (id: string, cause: EndCause = 'complete'): Entry => ({
  number: ++numbers,
  arrivedAt: 0,
  method: 'GET',
  listener: 'wire',
  scheme: 'http',
  cause,
  status: 200,
  worker: 0,
  ...hashOf(id),
  run: 1,
})

/** Adds entries up in order; each finds the one of the same id that was added before it. */
function tallyOf(...entries: readonly Entry[]): RunTally {
  const tally = new RunTally()
  const last = new Map<number, Entry>()
  for (const entry of entries) {
    tally.add(entry, () => last.get(entry.low))
    last.set(entry.low, entry)
  }
  return tally
}

const sumsOf = ({ ids, duplicated, aborted, oddIds }: RunTally): object => ({
  ids,
  duplicated,
  aborted,
  oddIds,
})

test('an id counts once however often it comes and ends early', () => {
  const tally = tallyOf(
    entryOf('once'),
    entryOf('twice'),
    entryOf('twice'),
    entryOf('cut', 'rst'),
    entryOf('cut-then-whole', 'fin'),
    entryOf('cut-then-whole'),
    entryOf('whole-then-cut'),
    entryOf('whole-then-cut', 'fin'),
    entryOf('whole-then-cut', 'fin'),
  )
  assert.deepEqual(sumsOf(tally), { ids: 5, duplicated: 3, aborted: 3, oddIds: 4 })
  assert.deepEqual(
    [...tally.odd.values()].map(({ attempts, ends, hasEarly }) => [attempts, [...ends], hasEarly]),
    [
      [2, ['complete', 'complete'], false],
      [1, ['rst'], true],
      [2, ['fin', 'complete'], true],
      [3, ['complete', 'fin', 'fin'], true],
    ],
  )
})

test('an attempt that is linked before the one it came after is counted like any other', () => {
  for (const [first, second, aborted] of [
    ['complete', 'complete', 0],
    ['fin', 'complete', 1],
    ['complete', 'fin', 1],
    ['fin', 'fin', 1],
  ] as const) {
    const [one, other] = [entryOf('raced', first), entryOf('raced', second)]
    const tally = new RunTally()
    tally.add(one, () => other)
    tally.add(other, () => undefined)
    assert.deepEqual(sumsOf(tally), { ids: 1, duplicated: 1, aborted, oddIds: 1 })
    const [odd] = tally.odd.values()
    assert.deepEqual([odd?.attempts, odd?.ends], [2, [first, second]])
  }
})

test('no more than so many odd ids are listed, and all are counted', () => {
  const tally = tallyOf(
    ...Array.from({ length: mostOdd + 5 }, (_, at) => entryOf(`id-${at}`, 'rst')),
  )
  assert.deepEqual([tally.odd.size, tally.oddIds], [mostOdd, mostOdd + 5])
})
