import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import {
  type HeapRequest,
  heapFor,
  heapProfiles,
  overridingFlags,
} from '../../../../app/runtime/machine/heap.ts'

const mib = 2 ** 20

const plain: HeapRequest = {
  profile: 'balanced',
  oldMiB: 'auto',
  youngMiB: 'auto',
  workers: 1,
  memoryBytes: undefined,
}

// What heap.ts says was measured outside the heaps: 50 MiB for the primary, 15 for each worker.
function wholeMiB(request: HeapRequest): number {
  const { oldMiB, youngMiB } = heapFor(request)
  return 50 + request.workers * (15 + oldMiB + youngMiB)
}

test('the sizes are always whole numbers that V8 accepts', () => {
  const asked = fc.oneof(fc.constant('auto' as const), fc.integer({ min: 2, max: 65_536 }))
  const memoryBytes = fc.option(fc.integer({ min: 1, max: 2 ** 40 }), { nil: undefined })
  fc.assert(
    fc.property(
      fc.record({
        profile: fc.constantFrom(...heapProfiles),
        oldMiB: asked,
        youngMiB: asked,
        workers: fc.integer({ min: 1, max: 256 }),
        memoryBytes,
      }),
      (request) => {
        const { oldMiB, youngMiB, reason } = heapFor(request)
        assert.ok(Number.isInteger(oldMiB) && oldMiB >= 2, `old ${oldMiB}`)
        assert.ok(Number.isInteger(youngMiB) && youngMiB >= 2, `young ${youngMiB}`)
        assert.ok(!/NaN|undefined/.test(reason), reason)
      },
    ),
    { numRuns: 500 },
  )
})

test('the heaps of 1 to 4 workers fit 128 and 256 MiB, or the reason says it is tight', (t) => {
  for (const limitMiB of [128, 256]) {
    for (const profile of heapProfiles) {
      for (const workers of [1, 2, 3, 4]) {
        const request = { ...plain, profile, workers, memoryBytes: limitMiB * mib }
        const { oldMiB, youngMiB, reason } = heapFor(request)
        const whole = wholeMiB(request)
        if (profile === 'balanced') {
          t.diagnostic(
            `${limitMiB} MiB, ${workers} workers: old ${oldMiB}, young ${youngMiB}, all ${whole}`,
          )
        }
        if (!reason.includes('tight')) assert.ok(whole <= limitMiB, `${whole} in ${limitMiB}`)
      }
    }
  }
})

test('one worker fits 128 MiB and two fit 256 MiB in every profile', () => {
  for (const profile of heapProfiles) {
    for (const [workers, limitMiB] of [
      [1, 128],
      [1, 256],
      [2, 256],
    ] as const) {
      const request = { ...plain, profile, workers, memoryBytes: limitMiB * mib }
      assert.ok(wholeMiB(request) <= limitMiB, `${profile}, ${workers} in ${limitMiB} MiB`)
      assert.ok(!heapFor(request).reason.includes('tight'))
    }
  }
})

test('a larger limit never makes a smaller heap, more workers never a larger one', () => {
  const limit = fc.integer({ min: 1, max: 8192 })
  const count = fc.integer({ min: 1, max: 64 })
  fc.assert(
    fc.property(fc.constantFrom(...heapProfiles), limit, limit, count, count, (...given) => {
      const [profile, a, b, c, d] = given
      const [less, more] = [Math.min(a, b), Math.max(a, b)]
      const [few, many] = [Math.min(c, d), Math.max(c, d)]
      const total = (limitMiB: number, workers: number): number => {
        const heap = heapFor({ ...plain, profile, workers, memoryBytes: limitMiB * mib })
        return heap.oldMiB + heap.youngMiB
      }
      assert.ok(total(more, few) >= total(less, few))
      assert.ok(total(less, many) <= total(less, few))
    }),
  )
})

test('profiles are ordered: memory, balanced, throughput', () => {
  for (const memoryBytes of [undefined, 8192 * mib]) {
    const sizes = heapProfiles.map((profile) => heapFor({ ...plain, profile, memoryBytes }))
    const [memory, balanced, throughput] = sizes
    assert.ok(memory && balanced && throughput)
    assert.ok(memory.youngMiB < balanced.youngMiB && balanced.youngMiB < throughput.youngMiB)
    assert.ok(memory.oldMiB < balanced.oldMiB && balanced.oldMiB < throughput.oldMiB)
  }
})

test('a size that is set is used, whatever profile and limit say', () => {
  for (const profile of heapProfiles) {
    for (const memoryBytes of [undefined, 64 * mib, 128 * mib, 4096 * mib]) {
      const heap = heapFor({ profile, memoryBytes, workers: 3, oldMiB: 777, youngMiB: 33 })
      assert.equal(heap.oldMiB, 777)
      assert.equal(heap.youngMiB, 33)
      assert.ok(!heap.reason.includes('tight'))
    }
  }
})

test('one size set leaves the other to the limit', () => {
  const memoryBytes = 256 * mib
  const auto = heapFor({ ...plain, memoryBytes })
  const young = heapFor({ ...plain, memoryBytes, youngMiB: 64 })
  assert.equal(young.youngMiB, 64)
  assert.ok(young.oldMiB < auto.oldMiB)
  const old = heapFor({ ...plain, memoryBytes, oldMiB: 40 })
  assert.deepEqual([old.oldMiB, old.youngMiB], [40, auto.youngMiB])
})

test('the reason names the limit and the workers', () => {
  assert.match(heapFor({ ...plain, workers: 2 }).reason, /balanced, 2 workers, no memory limit/)
  assert.match(heapFor({ ...plain, memoryBytes: 256 * mib }).reason, /limit 256 MiB/)
  assert.match(
    heapFor({ ...plain, workers: 4, memoryBytes: 128 * mib }).reason,
    /128 MiB is tight for 4 workers/,
  )
})

test('flags that override the heaps of workers are found, others are not', () => {
  const found = ['--max-old-space-size=400', '--max_old_space_size=400', '--max-heap-size=300']
  const semi = ['--max-semi-space-size=16', '--max-old-space-size', '--max_heap_size=1']
  assert.deepEqual(overridingFlags([...found, ...semi]), [...found, ...semi])
  assert.deepEqual(overridingFlags([], `  --enable-source-maps ${found.join('  ')}\n`), found)
  assert.deepEqual(overridingFlags(['--max-old-space-size=1'], '--max-heap-size=2'), [
    '--max-old-space-size=1',
    '--max-heap-size=2',
  ])
  const others = ['--max-http-header-size=1', '--stack-size=4', '--expose-gc', '--test', '']
  assert.deepEqual(overridingFlags(others, '--no-warnings --max-http-header-size=9'), [])
  assert.deepEqual(overridingFlags([]), [])
})
