import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { readQuota, workersFor } from '../../../../app/runtime/machine/quota.ts'
import { anyText } from '../../config/any-text.ts'
import { type Tree, allowed, quotaV1, reader, version1, version2 } from './recorded-trees.ts'

interface CpuCase {
  readonly what: string
  readonly tree: Tree
  readonly cpus: number
  readonly workers: number
  readonly source?: RegExp
}

const affinity = /Cpus_allowed_list/

const cpuCases: readonly CpuCase[] = [
  {
    what: 'version 1, 1.5 CPUs',
    tree: version1('/a', { ...quotaV1('cpu/a', 150_000), ...quotaV1('cpu', -1) }),
    cpus: 1.5,
    workers: 1,
    source: /^\/sys\/fs\/cgroup\/cpu\/a\/cpu\.cfs_quota_us$/,
  },
  {
    what: 'version 1, a limit on the parent only',
    tree: version1('/pod/c', { ...quotaV1('cpu/pod/c', -1), ...quotaV1('cpu/pod', 300_000) }),
    cpus: 3,
    workers: 3,
    source: /cpu\/pod\/cpu\.cfs/,
  },
  {
    what: 'version 1, another period',
    tree: version1('/a', quotaV1('cpu/a', 25_000, 10_000)),
    cpus: 2.5,
    workers: 2,
  },
  {
    what: 'version 1, no limit',
    tree: version1('/a', quotaV1('cpu/a', -1)),
    cpus: 8,
    workers: 8,
    source: affinity,
  },
  {
    what: 'version 1 in docker: its own cgroup on the mount point, the host path in the file',
    tree: {
      ...allowed('0-7'),
      '/proc/self/mountinfo': `900 899 0:29 /docker/5f3c /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct\n`,
      '/proc/self/cgroup': '6:cpu,cpuacct:/docker/5f3c\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '400000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    },
    cpus: 4,
    workers: 4,
    source: /^\/sys\/fs\/cgroup\/cpu,cpuacct\/cpu/,
  },
  {
    what: 'version 2, max',
    tree: version2('/a', { 'a/cpu.max': 'max 100000\n' }),
    cpus: 8,
    workers: 8,
  },
  {
    what: 'version 2, half a CPU',
    tree: version2('/a', { 'a/cpu.max': '50000 100000\n' }),
    cpus: 0.5,
    workers: 1,
  },
  {
    what: 'version 2, 2.9 CPUs',
    tree: version2('/a', { 'a/cpu.max': '290000 100000\n' }),
    cpus: 2.9,
    workers: 2,
  },
  {
    what: 'version 2, nested 4, 2 and 1',
    tree: version2('/k/p/c', {
      'k/cpu.max': '400000 100000\n',
      'k/p/cpu.max': '200000 100000\n',
      'k/p/c/cpu.max': '100000 100000\n',
    }),
    cpus: 1,
    workers: 1,
    source: /\/k\/p\/c\/cpu\.max$/,
  },
  {
    what: 'version 2, the outermost is the smallest',
    tree: version2('/k/p/c', {
      'k/cpu.max': '100000 100000\n',
      'k/p/cpu.max': '200000 100000\n',
      'k/p/c/cpu.max': '400000 100000\n',
    }),
    cpus: 1,
    workers: 1,
    source: /\/k\/cpu\.max$/,
  },
  {
    what: 'version 2, the middle is the smallest',
    tree: version2('/k/p/c', {
      'k/cpu.max': '400000 100000\n',
      'k/p/cpu.max': '200000 100000\n',
      'k/p/c/cpu.max': 'max 100000\n',
    }),
    cpus: 2,
    workers: 2,
    source: /\/k\/p\/cpu\.max$/,
  },
  {
    what: 'version 2 in a namespace: cpu.max at the mount itself',
    tree: version2('/', { 'cpu.max': '150000 100000\n' }),
    cpus: 1.5,
    workers: 1,
    source: /^\/sys\/fs\/cgroup\/cpu\.max$/,
  },
  {
    what: 'version 2 moved out of its namespace',
    tree: version2('/../..', { 'cpu.max': '300000 100000\n' }),
    cpus: 3,
    workers: 3,
  },
  { what: 'no period', tree: version2('/a', { 'a/cpu.max': '200000\n' }), cpus: 2, workers: 2 },
  {
    what: 'affinity narrower than the quota',
    tree: { ...version2('/a', { 'a/cpu.max': '400000 100000\n' }), ...allowed('1,3-4') },
    cpus: 3,
    workers: 3,
    source: affinity,
  },
  {
    what: 'a quota narrower than the affinity',
    tree: { ...version2('/a', { 'a/cpu.max': '200000 100000\n' }), ...allowed('0,2,4-6') },
    cpus: 2,
    workers: 2,
  },
]

for (const { what, tree, cpus, workers, source } of cpuCases) {
  test(`${what}: ${cpus} cores, ${workers} workers`, () => {
    const quota = readQuota({}, { read: reader(tree), parallelism: 64 })
    assert.equal(quota.cpus, cpus)
    assert.equal(workersFor(quota.cpus), workers)
    if (source !== undefined) assert.match(quota.cpuSource, source)
  })
}

const mib = 2 ** 20

const memoryCases: readonly { what: string; tree: Tree; bytes: number | undefined }[] = [
  ...['9223372036854771712', '9223372036854710272', '9223372036854775807'].map((text) => ({
    what: `version 1 says ${text}, which is no limit`,
    tree: version1('/a', { 'memory/a/memory.limit_in_bytes': `${text}\n` }),
    bytes: undefined,
  })),
  {
    what: 'version 1, the parent limits',
    tree: version1('/p/c', {
      'memory/p/c/memory.limit_in_bytes': '9223372036854771712\n',
      'memory/p/memory.limit_in_bytes': `${512 * mib}\n`,
    }),
    bytes: 512 * mib,
  },
  { what: 'version 2, max', tree: version2('/a', { 'a/memory.max': 'max\n' }), bytes: undefined },
  {
    what: 'version 2, the least of two levels',
    tree: version2('/p/c', {
      'p/memory.max': `${200 * mib}\n`,
      'p/c/memory.max': `${256 * mib}\n`,
    }),
    bytes: 200 * mib,
  },
  {
    what: 'version 2, memory.high below memory.max',
    tree: version2('/a', { 'a/memory.high': `${128 * mib}\n`, 'a/memory.max': `${256 * mib}\n` }),
    bytes: 128 * mib,
  },
  {
    what: 'version 1, an ancestor that the mount does not show',
    tree: version1('/a', {
      'memory/a/memory.limit_in_bytes': '9223372036854771712\n',
      'memory/a/memory.stat': `cache 0\nhierarchical_memory_limit ${300 * mib}\ntotal_cache 0\n`,
    }),
    bytes: 300 * mib,
  },
  { what: 'no file', tree: version2('/a'), bytes: undefined },
]

for (const { what, tree, bytes } of memoryCases) {
  test(`memory: ${what}: ${bytes === undefined ? 'no limit' : `${bytes / mib} MiB`}`, () => {
    const quota = readQuota({}, { read: reader(tree), parallelism: 4 })
    assert.equal(quota.memoryBytes, bytes)
    assert.equal(quota.memorySource === 'no limit', bytes === undefined)
  })
}

test('without /proc the parallelism that Node reports is the quota', () => {
  const quota = readQuota({}, { read: () => undefined, parallelism: 6 })
  assert.equal(quota.cpus, 6)
  assert.equal(quota.memoryBytes, undefined)
  assert.match(quota.cpuSource, /availableParallelism/)
})

test('broken, empty and missing files limit nothing', () => {
  for (const text of ['', '\n', 'max', '-1', '0 100000', '100000 0', 'abc', '1e5 100000', '5 x']) {
    const { cpus } = readQuota(
      {},
      { read: reader(version2('/a', { 'a/cpu.max': text })), parallelism: 8 },
    )
    assert.equal(cpus, 8, JSON.stringify(text))
  }
  const half = version1('/a', { 'cpu/a/cpu.cfs_quota_us': '50000\n' })
  assert.equal(
    readQuota({}, { read: reader(half), parallelism: 8 }).cpus,
    8,
    'a quota without its period',
  )
})

test('a broken level does not hide the level above it', () => {
  const tree = version2('/p/c', { 'p/c/cpu.max': 'what?\n', 'p/cpu.max': '200000 100000\n' })
  assert.equal(readQuota({}, { read: reader(tree), parallelism: 8 }).cpus, 2)
})

test('workers are whole cores, and at least one', () => {
  assert.deepEqual([0.01, 1.99, 2, 2.9, 64].map(workersFor), [1, 1, 2, 2, 64])
})

test('a declared quota is used, whatever the kernel says, and is the first finding', () => {
  const files = { 'a/cpu.max': '100000 100000\n', 'a/memory.max': `${256 * mib}\n` }
  const machine = { read: reader(version2('/a', files)), parallelism: 8 }
  const quota = readQuota({ cpus: 3.5, memoryBytes: 512 * mib }, machine)
  assert.deepEqual(
    [quota.cpus, quota.cpuSource, quota.memoryBytes, quota.memorySource],
    [3.5, 'setting quota.cpus', 512 * mib, 'setting quota.memory'],
  )
  assert.deepEqual(
    quota.findings.slice(0, 2).map(({ text }) => text),
    ['3.5', String(512 * mib)],
  )
  const half = readQuota({ cpus: 3.5 }, machine)
  assert.equal(half.memoryBytes, 256 * mib, 'what is not declared is read')
})

test('any text in any file gives a usable quota', () => {
  const words = fc.constantFrom('max', '100000', ' ', '-1', '0', '\n', '0-3', ',', '18446744073709')
  const text = fc
    .array(fc.oneof(words, anyText(5)), { maxLength: 8 })
    .map((parts) => parts.join(''))
  const trees = [version1('/p/c'), version2('/p/c')]
  fc.assert(
    fc.property(text, text, fc.constantFrom(...trees), (any, list, tree) => {
      const all = { ...tree, ...allowed(list) }
      const quota = readQuota({}, { read: (path) => all[path] ?? any, parallelism: 4 })
      assert.ok(quota.cpus > 0, `${quota.cpus} cores`)
      assert.ok(workersFor(quota.cpus) >= 1)
      assert.ok(quota.memoryBytes === undefined || quota.memoryBytes > 0)
    }),
    { numRuns: 500 },
  )
})
