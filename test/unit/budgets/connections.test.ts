import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import {
  ConnectionTotals,
  Connections,
  createConnectionCells,
} from '../../../app/budgets/connections.ts'

test('as many connections enter as the limit says, over all workers', () => {
  const memory = createConnectionCells()
  const totals = new ConnectionTotals(memory)
  totals.limit = 3
  const [first, second] = [new Connections(memory, 0), new Connections(memory, 1)]
  assert.deepEqual(
    [first.enter(), second.enter(), second.enter(), first.enter(), second.enter()],
    [undefined, undefined, undefined, 'limit', 'limit'],
  )
  assert.equal(totals.open, 3)
  second.leave()
  assert.equal(first.enter(), undefined)
  assert.equal(totals.open, 3)
})

test('a limit that is lowered below what is open lets nobody in until enough have left', () => {
  const memory = createConnectionCells()
  const totals = new ConnectionTotals(memory)
  const worker = new Connections(memory, 0)
  for (let count = 0; count < 4; count++) assert.equal(worker.enter(), undefined)
  totals.limit = 2
  assert.equal(worker.enter(), 'limit')
  for (let count = 0; count < 3; count++) worker.leave()
  assert.equal(worker.enter(), undefined)
  assert.equal(worker.enter(), 'limit')
})

test('a seat that is vacated gives its places back, and only its own', () => {
  const memory = createConnectionCells()
  const totals = new ConnectionTotals(memory)
  totals.limit = 5
  const [staying, dying] = [new Connections(memory, 0), new Connections(memory, 3)]
  staying.enter()
  for (let count = 0; count < 4; count++) dying.enter()
  assert.equal(staying.enter(), 'limit')
  totals.vacate(3)
  assert.equal(totals.open, 1)
  const next = new Connections(memory, 3)
  for (let count = 0; count < 4; count++) assert.equal(next.enter(), undefined)
  assert.equal(next.enter(), 'limit')
})

test('nobody enters a worker that has seen no file left, and the admin port counts apart', () => {
  const memory = createConnectionCells()
  const totals = new ConnectionTotals(memory)
  totals.admin = 9
  totals.adminRejected++
  const worker = new Connections(memory, 0)
  worker.isOutOfFiles = true
  assert.equal(worker.enter(), 'files')
  worker.isOutOfFiles = false
  assert.equal(worker.enter(), undefined)
  assert.deepEqual([totals.open, totals.admin, totals.adminRejected], [1, 9, 1])
})

// Each takes a place, notes how many there are, and gives it back, many times.
const churn = `
  const { workerData, parentPort } = require('node:worker_threads')
  import(workerData.module).then(({ Connections }) => {
    const connections = new Connections(workerData.memory, workerData.seat)
    let most = 0, entered = 0
    for (let round = 0; round < 200000; round++) {
      if (connections.enter() !== undefined) continue
      entered++
      connections.leave()
    }
    while (connections.enter() === undefined) most++
    parentPort.postMessage({ most, entered })
  })
`

test('threads that come and go at the same time never miscount', async () => {
  const memory = createConnectionCells()
  const totals = new ConnectionTotals(memory)
  totals.limit = 1000
  const module = new URL('../../../app/budgets/connections.ts', import.meta.url).href
  const results = await Promise.all(
    [0, 1, 2, 3].map((seat) => {
      const worker = new Worker(churn, { eval: true, workerData: { module, memory, seat } })
      return new Promise<{ most: number; entered: number }>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
      })
    }),
  )
  const held = results.reduce((sum, { most }) => sum + most, 0)
  assert.equal(totals.open, held)
  assert.ok(held <= 1000, `${held} are in`)
  assert.equal(new Connections(memory, 4).enter(), held === 1000 ? 'limit' : undefined)
})
