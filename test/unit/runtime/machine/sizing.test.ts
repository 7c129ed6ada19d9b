import assert from 'node:assert/strict'
import { test } from 'node:test'

import { loadConfig } from '../../../../app/config/load.ts'
import type { Config } from '../../../../app/config/settings.ts'
import { type Quota, readQuota } from '../../../../app/runtime/machine/quota.ts'
import {
  type Size,
  compareSizes,
  hasRoomToRoll,
  sizeFor,
} from '../../../../app/runtime/machine/sizing.ts'

function configOf(...flags: readonly string[]): Config {
  const loaded = loadConfig(flags, {})
  if ('problems' in loaded) throw new Error(loaded.problems.join('; '))
  return loaded.config
}

const nothing = readQuota({}, { read: () => undefined, parallelism: 1 })

function quota(cpus: number, memoryMiB?: number): Quota {
  const memoryBytes = memoryMiB === undefined ? undefined : memoryMiB * 2 ** 20
  return { ...nothing, cpus, memoryBytes }
}

function size(workers: number, [oldMiB, youngMiB]: readonly [number, number], reason = ''): Size {
  return { workers, reason: '', heap: { oldMiB, youngMiB, reason, isTight: false } }
}

test('workers follow the quota unless they are set', () => {
  assert.deepEqual(
    [0.5, 1.5, 2, 2.9].map((cpus) => sizeFor(configOf(), quota(cpus)).workers),
    [1, 1, 2, 2],
  )
  assert.equal(sizeFor(configOf('--workers=5'), quota(0.5)).workers, 5)
})

test('the heap is shared by the workers there will be, set or not', () => {
  const one = sizeFor(configOf(), quota(1, 512)).heap
  const four = sizeFor(configOf(), quota(4, 512)).heap
  assert.ok(four.oldMiB < one.oldMiB)
  assert.deepEqual(sizeFor(configOf('--workers=4'), quota(1, 512)).heap, four)
})

test('the settings of the heap take effect', () => {
  const flags = ['--heap-old-mib=100', '--heap-young-mib=12']
  const { heap } = sizeFor(configOf(...flags), quota(2, 4096))
  assert.deepEqual([heap.oldMiB, heap.youngMiB], [100, 12])
  const memory = sizeFor(configOf('--heap-profile=memory'), quota(1, 4096)).heap
  const throughput = sizeFor(configOf('--heap-profile=throughput'), quota(1, 4096)).heap
  assert.ok(memory.youngMiB < throughput.youngMiB)
})

test('a change of size is a change of its numbers, not of its reason', () => {
  const before = size(2, [64, 16], 'profile balanced')
  const cases: readonly [Size, boolean, boolean][] = [
    [size(2, [64, 16], 'another reason'), false, false],
    [size(3, [64, 16]), true, false],
    [size(1, [64, 16]), true, false],
    [size(2, [65, 16]), false, true],
    [size(2, [64, 8]), false, true],
    [size(4, [32, 8]), true, true],
  ]
  for (const [after, isResized, isReheaped] of cases) {
    assert.deepEqual(compareSizes(before, after), { isResized, isReheaped })
    assert.deepEqual(compareSizes(after, before), { isResized, isReheaped })
  }
})

test('auto workers are no more than the memory limit has heaps for', () => {
  assert.deepEqual(
    [128, 256, 1024].map((memoryMiB) => sizeFor(configOf(), quota(8, memoryMiB)).workers),
    [1, 3, 8],
  )
  assert.equal(sizeFor(configOf('--workers=2'), quota(8, 128)).workers, 2)
})

test('a worker is replaced beside itself where the memory limit has room for one more', () => {
  const sizes = [
    [128, 1],
    [256, 1],
    [256, 4],
    [undefined, 8],
  ] as const
  assert.deepEqual(
    sizes.map(([memoryMiB, workers]) => hasRoomToRoll(configOf(), quota(8, memoryMiB), workers)),
    [false, true, false, true],
  )
})
