import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { ServerHttp2Stream } from 'node:http2'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { Buffered, BufferedTotals, createBufferedCells } from '../../../../app/budgets/buffered.ts'
import { CallHeld } from '../../../../app/listeners/grpc/held.ts'
import { Unread, leastBytes } from '../../../../app/listeners/grpc/unread.ts'
import { createSlabMemory } from '../../../../app/telemetry/slab-layout.ts'
import { Slab } from '../../../../app/telemetry/slab.ts'

const half = 2 ** 20

interface Connection {
  readonly totals: BufferedTotals
  readonly unread: Unread
  readonly cuts: () => number
  /** A call with a stream of which as many bytes are not read as the test says. */
  readonly call: () => { readonly held: CallHeld; readonly stream: FakeStream; refused: number }
}

class FakeStream extends EventEmitter {
  writableLength = 0
  readonly sentHeaders = {}
  closed = false

  close(): void {
    this.closed = true
  }

  destroy(): void {
    this.emit('close')
  }
}

function createConnection(): Connection {
  const cells = createBufferedCells()
  const totals = new BufferedTotals(cells)
  totals.limit = 2 * half
  const buffered = new Buffered(cells, 0)
  const slab = new Slab(createSlabMemory(), 'grpc')
  let cuts = 0
  const unread: Unread = new Unread({ buffered, slab }, () => {
    cuts++
    unread.end()
  })
  const call: Connection['call'] = () => {
    const stream = new FakeStream()
    const made = { stream, refused: 0 }
    const held = new CallHeld(
      stream as unknown as ServerHttp2Stream,
      { buffered, slab, unread, headBytes: 0 },
      { refuse: () => made.refused++, cut: () => stream.close() },
    )
    return Object.assign(made, { held })
  }
  return { totals, unread, cuts: () => cuts, call }
}

/** What `room` takes from calls that never end. */
function never(): () => void {
  return () => {}
}

test('answers that no call is charged with are charged to the connection, which may be cut', () => {
  const { totals, unread, cuts } = createConnection()
  for (let count = 0; count < 100; count++) unread.change(leastBytes / 8, leastBytes / 8)
  assert.equal(totals.held, (100 * leastBytes) / 8)
  while (cuts() === 0) unread.change(leastBytes / 8, leastBytes / 8)
  assert.equal(totals.held, 0)
})

test('the answer of a call that was refused stays charged until the socket has taken it', async () => {
  const { totals, cuts, call } = createConnection()
  const { held, stream } = call()
  stream.writableLength = 3 * half
  held.charge()
  assert.deepEqual([stream.closed, totals.held], [true, 0], 'refused at once')
  await setImmediate()
  assert.equal(cuts(), 1, 'and its connection is cut, since nothing was freed')
})

test('the answer of a call that has ended is charged to the connection until it is taken', async () => {
  const { totals, cuts, call } = createConnection()
  const { held, stream } = call()
  stream.writableLength = half / 4
  held.charge()
  assert.equal(totals.held, half / 2)
  stream.emit('close')
  await setImmediate()
  assert.equal(totals.held, half / 2)
  stream.writableLength = 0
  held.charge()
  assert.deepEqual([totals.held, cuts()], [0, 0])
})

test('a request is charged until the next one comes', () => {
  const { totals, call } = createConnection()
  const { held, stream } = call()
  stream.emit('data', Buffer.alloc(half / 4))
  assert.equal(totals.held, half / 4)
  held.message(half / 4)
  assert.equal(totals.held, half / 2)
  held.message(1)
  assert.equal(totals.held, 0)
})

test('calls of a connection that leaves answers unread wait while memory is short, one after the other', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { unread } = createConnection()
  assert.equal(unread.room(never), undefined, 'nothing is unread')
  unread.change(half + 1, half + 1)
  const gone: number[] = []
  const wait = async (id: number): Promise<void> => {
    await unread.room(never)
    gone.push(id)
    // Its answer, which is not read either.
    unread.change(1, 1)
  }
  const all = [1, 2, 3].map(wait)
  await settled()
  assert.deepEqual(gone, [])
  unread.change(-half - 1, 0)
  await settled()
  assert.deepEqual(gone, [1])
  unread.change(-1, 0)
  await settled()
  assert.deepEqual(gone, [1, 2])
  unread.change(-1, 0)
  await Promise.all(all)
})

test('a call does not wait for ever for another stream to be read', async () => {
  const { unread } = createConnection()
  unread.change(half + 1, half + 1)
  await unread.room(never)
})

/** Promises and immediates of now have run. */
async function settled(): Promise<void> {
  await setImmediate()
  await setImmediate()
}
