import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { createBudgets } from '../../../app/budgets/budgets.ts'
import { ConnectionTotals, Connections } from '../../../app/budgets/connections.ts'

test('as many connections enter as the limit says, over all workers', () => {
  const memory = createBudgets()
  const totals = new ConnectionTotals(memory.connections)
  totals.limit = 3
  const [first, second] = [new Connections(memory, 0), new Connections(memory, 1)]
  assert.deepEqual(
    [
      first.enter('192.0.2.1', 'told'),
      second.enter('192.0.2.1', 'told'),
      second.enter('192.0.2.1', 'told'),
      first.enter('192.0.2.1', 'told'),
      second.enter('192.0.2.1', 'told'),
    ],
    [undefined, undefined, undefined, 'limit', 'limit'],
  )
  assert.equal(totals.open, 3)
  second.leave('192.0.2.1', 'told')
  assert.equal(first.enter('192.0.2.1', 'told'), undefined)
  assert.equal(totals.open, 3)
})

test('a limit below the number of open connections admits none until enough have ended', () => {
  const memory = createBudgets()
  const totals = new ConnectionTotals(memory.connections)
  const worker = new Connections(memory, 0)
  for (let count = 0; count < 4; count++) assert.equal(worker.enter('192.0.2.1', 'told'), undefined)
  totals.limit = 2
  assert.equal(worker.enter('192.0.2.1', 'told'), 'limit')
  for (let count = 0; count < 3; count++) worker.leave('192.0.2.1', 'told')
  assert.equal(worker.enter('192.0.2.1', 'told'), undefined)
  assert.equal(worker.enter('192.0.2.1', 'told'), 'limit')
})

test('a seat that is vacated gives its places back, and only its own', () => {
  const memory = createBudgets()
  const totals = new ConnectionTotals(memory.connections)
  totals.limit = 5
  const [staying, dying] = [new Connections(memory, 0), new Connections(memory, 3)]
  staying.enter('192.0.2.1', 'told')
  for (let count = 0; count < 4; count++) dying.enter('192.0.2.1', 'told')
  assert.equal(staying.enter('192.0.2.1', 'told'), 'limit')
  totals.vacate(3)
  assert.equal(totals.open, 1)
  const next = new Connections(memory, 3)
  for (let count = 0; count < 4; count++) assert.equal(next.enter('192.0.2.1', 'told'), undefined)
  assert.equal(next.enter('192.0.2.1', 'told'), 'limit')
})

test('a worker without a free file admits no connection, and the admin port has its own count', () => {
  const memory = createBudgets()
  const totals = new ConnectionTotals(memory.connections)
  totals.admin = 9
  totals.adminRejected++
  const worker = new Connections(memory, 0)
  worker.isOutOfFiles = true
  assert.equal(worker.enter('192.0.2.1', 'told'), 'files')
  worker.isOutOfFiles = false
  assert.equal(worker.enter('192.0.2.1', 'told'), undefined)
  assert.deepEqual([totals.open, totals.admin, totals.adminRejected], [1, 9, 1])
})

// Each takes a place, notes how many there are, and gives it back, many times.
const churn = `
  const { workerData, parentPort } = require('node:worker_threads')
  import(workerData.module).then(({ Connections }) => {
    const connections = new Connections(workerData.memory, workerData.seat)
    let most = 0, entered = 0
    for (let round = 0; round < 200000; round++) {
      if (connections.enter('192.0.2.1', 'told') !== undefined) continue
      entered++
      connections.leave('192.0.2.1', 'told')
    }
    while (connections.enter('192.0.2.1', 'told') === undefined) most++
    parentPort.postMessage({ most, entered })
  })
`

test('threads that come and go at the same time never miscount', async () => {
  const memory = createBudgets()
  const totals = new ConnectionTotals(memory.connections)
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
  assert.equal(
    new Connections(memory, 4).enter('192.0.2.1', 'told'),
    held === 1000 ? 'limit' : undefined,
  )
})

test('no two connections have the same id, even across workers and their replacements', () => {
  const memory = createBudgets()
  const [first, second] = [new Connections(memory, 0), new Connections(memory, 1)]
  const ids = [first.nextId(), second.nextId(), first.nextId()]
  const replacement = new Connections(memory, 0)
  assert.deepEqual([...ids, replacement.nextId()], ['0-1', '1-1', '0-2', '0-3'])
})
