import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { Turn, turnBytes } from '../../../../app/listeners/port/turn.ts'

test('what is made in a turn is one after the other, and no more than a turn has room for', async () => {
  const turn = new Turn()
  const made: number[] = []
  const make = async (id: number): Promise<void> => {
    await turn.room()
    made.push(id)
    turn.spend(turnBytes / 2)
  }
  const all = [1, 2, 3, 4, 5].map(make)
  await Promise.all([all[0], all[1]])
  assert.deepEqual(made, [1, 2])
  await setImmediate()
  await all[3]
  assert.deepEqual(made, [1, 2, 3, 4])
  await Promise.all(all)
})

test('one that makes nothing holds nobody up longer than its turn', async () => {
  const turn = new Turn()
  await turn.room()
  await turn.room()
  turn.spend(1)
})

test('a paced iterator is ended with its reader', async () => {
  const turn = new Turn()
  let isEnded = false
  async function* endless(): AsyncGenerator<number> {
    try {
      for (let value = 0; ; value++) yield value
    } finally {
      isEnded = true
    }
  }
  for await (const value of turn.pace(endless())) {
    turn.spend(1)
    if (value === 3) break
  }
  assert.equal(isEnded, true)
})
