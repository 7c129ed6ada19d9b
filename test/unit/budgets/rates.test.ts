import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { Rates, createRateCells } from '../../../app/budgets/rates.ts'

/** Two threads' views of the same buckets, and the clock of both. */
function createRates() {
  const memory = createRateCells()
  const clock = { ns: 10n ** 15n }
  const nowNs = (): bigint => clock.ns
  return { clock, first: new Rates(memory, nowNs), second: new Rates(memory, nowNs) }
}

for (const [perSecond, burst] of [
  [100_000, 100],
  [99_991, 50],
  [7_000_000, 7_000_000],
  [3, 2],
] as const) {
  test(`${perSecond} a second and ${burst} at once, whoever asks`, () => {
    const { clock, first, second } = createRates()
    const seconds = 10
    // Twice as many as there may be, but no more than a test has time for.
    const steps = Math.min(2 * perSecond * seconds, 200_000)
    const times = Math.ceil((2 * perSecond * seconds) / steps)
    const stepNs = BigInt(Math.round((seconds * 1e9) / steps))
    let admitted = 0
    const take = (rates: Rates): boolean => rates.take({ perSecond, burst }) === 0
    while (admitted < burst && take(second)) admitted++
    assert.equal(admitted, burst)
    for (let step = 0; step < steps; step++) {
      clock.ns += stepNs
      for (let time = 0; time < times && take(time % 2 === 0 ? first : second); time++) admitted++
    }
    const expected = burst + perSecond * seconds
    const off = Math.abs(admitted - expected) / expected
    assert.ok(off < 0.001 || Math.abs(admitted - expected) <= 1, `${admitted} of ${expected}`)
  })
}

test('a refusal says when the next token is free', () => {
  const { clock, first } = createRates()
  const rate = { perSecond: 2, burst: 1 }
  assert.equal(first.take(rate), 0)
  assert.equal(first.take(rate), 0.5)
  clock.ns += 400_000_000n
  assert.equal(first.take(rate), 0.1)
  clock.ns += 100_000_000n
  assert.equal(first.take(rate), 0)
})

test('each address has its own bucket, within the memory there is', () => {
  const { clock, first, second } = createRates()
  const rate = { perSecond: 1, burst: 2 }
  const addresses = Array.from({ length: 2000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`)
  for (const rates of [first, second]) {
    for (const address of addresses) assert.equal(rates.take(rate, address), 0, address)
  }
  for (const address of addresses) assert.ok(first.take(rate, address) > 0, address)
  assert.equal(first.take(rate, '2001:db8::1'), 0)
  assert.equal(first.take(rate), 0, 'the bucket of all is another one')
  // Later there is room for others: 100,000 addresses, more than the table has entries.
  for (let at = 0; at < 100_000; at++) {
    clock.ns += 100_000n
    assert.equal(first.take(rate, `10.1.${at >> 8}.${at & 255}`), 0, String(at))
  }
})

// Asks without a pause for a second, and then until it is refused.
const hammer = `
  const { workerData, parentPort } = require('node:worker_threads')
  import(workerData.module).then(({ Rates }) => {
    const { memory, rate, gate } = workerData
    const rates = new Rates(memory)
    const cells = new Int32Array(gate)
    Atomics.add(cells, 0, 1)
    while (Atomics.load(cells, 0) < 2);
    const first = process.hrtime.bigint()
    const end = first + 1000000000n
    let admitted = 0
    for (;;) {
      const isOver = process.hrtime.bigint() > end
      if (rates.take(rate) === 0) admitted++
      else if (isOver) break
    }
    parentPort.postMessage({ admitted, first, last: process.hrtime.bigint() })
  })
`

// A thread that is kept from running at the end leaves some of what there is: never more than the rate says, and once
// of five times all of it.
test('two threads that ask without a pause get the rate to within 1 %', async (t) => {
  for (let tries = 1; ; tries++) {
    const ratio = await hammerRate()
    t.diagnostic(`${ratio} of the rate`)
    assert.ok(ratio < 1.01, String(ratio))
    if (ratio > 0.99) return
    assert.ok(tries < 5, `${ratio} of the rate at best`)
  }
})

/** What two threads are admitted, as a share of what the rate says. */
async function hammerRate(): Promise<number> {
  const memory = createRateCells()
  const gate = new SharedArrayBuffer(4)
  // A machine that stands still for less than a second takes nothing away.
  const rate = { perSecond: 100_000, burst: 100_000 }
  const module = new URL('../../../app/budgets/rates.ts', import.meta.url).href
  const results = await Promise.all(
    [0, 1].map(() => {
      const worker = new Worker(hammer, { eval: true, workerData: { module, memory, rate, gate } })
      return new Promise<{ admitted: number; first: bigint; last: bigint }>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
      })
    }),
  )
  const admitted = results.reduce((sum, one) => sum + one.admitted, 0)
  const firsts = results.map(({ first }) => Number(first))
  const lasts = results.map(({ last }) => Number(last))
  const seconds = (Math.max(...lasts) - Math.min(...firsts)) / 1e9
  const expected = rate.burst + rate.perSecond * seconds
  return admitted / expected
}
