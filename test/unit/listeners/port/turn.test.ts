import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { Turn, pace, turnBytes } from '../../../../app/listeners/port/turn.ts'
import { ClientLeft } from '../../../../app/listeners/port/waits.ts'

/** What a call that never ends is told with. */
function never(): () => void {
  return () => {}
}

test('calls of a turn make one thing after the other, and no more than a turn has room for', async () => {
  const turn = new Turn()
  const made: number[] = []
  const make = async (id: number): Promise<void> => {
    await turn.room(turn, never)
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

test('a call that makes nothing delays others no longer than its turn', async () => {
  const turn = new Turn()
  await turn.room(turn, never)
  await turn.room(turn, never)
  turn.spend(1)
})

test('a call that is over does not wait for a turn and does not take one', async () => {
  const turn = new Turn()
  await turn.room(turn, never)
  let leave: (() => void) | undefined
  const left = turn.room(turn, (given) => {
    leave = given
    return () => {}
  })
  const next = turn.room(turn, never)
  leave?.()
  await assert.rejects(left ?? Promise.resolve(), ClientLeft)
  turn.spend(1)
  await next
  const gone = turn.room(turn, (given) => {
    given()
    return () => {}
  })
  await assert.rejects(gone ?? Promise.resolve(), ClientLeft)
})

test('connections take turns, however many calls each has', async () => {
  const turn = new Turn()
  const [busy, calm] = [{}, {}]
  const made: string[] = []
  const make = async (connection: object, name: string): Promise<void> => {
    await turn.room(connection, never)
    made.push(name)
    turn.spend(turnBytes)
  }
  const all = [1, 2, 3, 4].map((id) => make(busy, `busy ${id}`))
  all.push(make(calm, 'calm 1'), make(calm, 'calm 2'))
  await Promise.all(all)
  assert.deepEqual(made, ['busy 1', 'busy 2', 'calm 1', 'busy 3', 'calm 2', 'busy 4'])
})

test('a paced iterator is ended with its reader', async () => {
  let isEnded = false
  async function* endless(): AsyncGenerator<number> {
    try {
      for (let value = 0; ; value++) yield value
    } finally {
      isEnded = true
    }
  }
  for await (const value of pace(endless(), () => undefined)) {
    if (value === 3) break
  }
  assert.equal(isEnded, true)
})
