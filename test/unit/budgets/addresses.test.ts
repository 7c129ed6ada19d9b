import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { Addresses, createAddressCells } from '../../../app/budgets/addresses.ts'

test('the limit of an address holds over all threads and does not affect other addresses', () => {
  const memory = createAddressCells()
  const [one, other] = [new Addresses(memory), new Addresses(memory)]
  assert.ok(one.enter('192.0.2.1', 'told', 2))
  assert.ok(other.enter('192.0.2.1', 'recounted', 2))
  assert.ok(!one.enter('192.0.2.1', 'told', 2))
  assert.ok(one.enter('192.0.2.2', 'told', 2))
  one.leave('192.0.2.1', 'told')
  assert.ok(other.enter('192.0.2.1', 'told', 2))
  assert.equal(one.count('192.0.2.1'), 2)
})

test('an address is the same however it is written', () => {
  const addresses = new Addresses(createAddressCells())
  addresses.enter('::ffff:192.0.2.1', 'told', 9)
  assert.equal(addresses.count('192.0.2.1'), 1)
  addresses.enter('fe80::1%eth0', 'told', 9)
  assert.equal(addresses.count('fe80::1'), 1)
  assert.equal(addresses.count('fe80::2'), 0)
})

test('a thread that ends takes back its own counts, and only those', () => {
  const memory = createAddressCells()
  const [staying, ending] = [new Addresses(memory), new Addresses(memory)]
  staying.enter('192.0.2.1', 'told', 9)
  ending.enter('192.0.2.1', 'told', 9)
  ending.enter('192.0.2.1', 'told', 9)
  ending.leave('192.0.2.1', 'told')
  ending.release()
  // Its sockets may tell of their end afterwards.
  ending.leave('192.0.2.1', 'told')
  assert.equal(staying.count('192.0.2.1'), 1)
})

test('a recount replaces the counts of every address', () => {
  const addresses = new Addresses(createAddressCells())
  addresses.enter('192.0.2.1', 'told', 9)
  for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.2']) {
    addresses.enter(address, 'recounted', 9)
  }
  addresses.recount(
    new Map([
      ['192.0.2.1', 1],
      ['192.0.2.3', 4],
    ]),
  )
  assert.deepEqual(
    ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => addresses.count(address)),
    [2, 0, 4],
  )
})

function nth(number: number): string {
  return `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`
}

test('addresses that come and go for ever do not fill the table', () => {
  const addresses = new Addresses(createAddressCells())
  addresses.enter('192.0.2.1', 'told', 1)
  for (let number = 0; number < 150_000; number++) {
    assert.ok(addresses.enter(nth(number), 'told', 1))
    addresses.leave(nth(number), 'told')
  }
  assert.ok(!addresses.enter('192.0.2.1', 'told', 1))
  assert.equal(addresses.count('192.0.2.1'), 1)
})

test('a new address is admitted and not counted when the table is full', () => {
  const addresses = new Addresses(createAddressCells())
  for (let number = 0; number < 110_000; number++) {
    assert.ok(addresses.enter(nth(number), 'recounted', 1))
  }
  assert.ok(addresses.enter('192.0.2.1', 'told', 1))
  assert.ok(addresses.enter('192.0.2.1', 'told', 1))
  // Those that were there keep their count.
  assert.ok(!addresses.enter(nth(7), 'recounted', 1))
})

const churn = `
  const { workerData } = require('node:worker_threads')
  import(workerData.module).then(({ Addresses }) => {
    const addresses = new Addresses(workerData.memory)
    for (let round = 0; round < 20000; round++) {
      const address = '192.0.2.' + (round % 5)
      if (addresses.enter(address, 'told', 3)) addresses.leave(address, 'told')
    }
    for (let count = 0; count < 10; count++) addresses.enter('198.51.100.1', 'told', 7)
  })
`

test('threads that change the table at the same time leave it correct', async () => {
  const memory = createAddressCells()
  const module = new URL('../../../app/budgets/addresses.ts', import.meta.url).href
  await Promise.all(
    [0, 1, 2].map(() => {
      const worker = new Worker(churn, { eval: true, workerData: { module, memory } })
      return new Promise<void>((resolve, reject) => {
        worker.once('exit', () => resolve())
        worker.once('error', reject)
      })
    }),
  )
  const addresses = new Addresses(memory)
  for (let last = 0; last < 5; last++) assert.equal(addresses.count(`192.0.2.${last}`), 0)
  assert.equal(addresses.count('198.51.100.1'), 7)
})
