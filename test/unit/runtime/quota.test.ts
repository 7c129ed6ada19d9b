import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import type { ReadText } from '../../../app/runtime/cgroup.ts'
import { explainQuota, readQuota, workersFor } from '../../../app/runtime/quota.ts'
import { anyText } from '../any-text.ts'

type Tree = Readonly<Record<string, string>>

function reader(tree: Tree): ReadText {
  return (path) => tree[path]
}

function allowed(list: string): Tree {
  return { '/proc/self/status': `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\n` }
}

/** A version 2 machine with eight CPUs. */
function version2(path: string, files: Tree = {}): Tree {
  return {
    ...allowed('0-7'),
    '/proc/self/mountinfo':
      '29 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n',
    '/proc/self/cgroup': `0::${path}\n`,
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids\n',
    ...Object.fromEntries(
      Object.entries(files).map(([name, text]) => [`/sys/fs/cgroup/${name}`, text]),
    ),
  }
}

/** A version 1 machine with a mount for each controller, as Debian 12 on an old hierarchy has. */
function version1(path: string, files: Tree = {}): Tree {
  return {
    ...allowed('0-7'),
    '/proc/self/mountinfo': `31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`,
    '/proc/self/cgroup': `4:memory:${path}\n2:cpuacct:/\n1:cpu:${path}\n0::/\n`,
    '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb\n',
    ...Object.fromEntries(
      Object.entries(files).map(([name, text]) => [`/sys/fs/cgroup/${name}`, text]),
    ),
  }
}

function quotaV1(directory: string, quotaUs: number, periodUs = 100_000): Tree {
  return {
    [`${directory}/cpu.cfs_quota_us`]: `${quotaUs}\n`,
    [`${directory}/cpu.cfs_period_us`]: `${periodUs}\n`,
  }
}

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
    const quota = readQuota(reader(tree), 64)
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
  { what: 'no file', tree: version2('/a'), bytes: undefined },
]

for (const { what, tree, bytes } of memoryCases) {
  test(`memory: ${what}: ${bytes === undefined ? 'no limit' : `${bytes / mib} MiB`}`, () => {
    const quota = readQuota(reader(tree), 4)
    assert.equal(quota.memoryBytes, bytes)
    assert.equal(quota.memorySource === 'no limit', bytes === undefined)
  })
}

test('without /proc the parallelism that Node tells is the quota', () => {
  const quota = readQuota(() => undefined, 6)
  assert.equal(quota.cpus, 6)
  assert.equal(quota.memoryBytes, undefined)
  assert.match(quota.cpuSource, /availableParallelism/)
})

test('broken, empty and missing files limit nothing', () => {
  for (const text of ['', '\n', 'max', '-1', '0 100000', '100000 0', 'abc', '1e5 100000', '5 x']) {
    const { cpus } = readQuota(reader(version2('/a', { 'a/cpu.max': text })), 8)
    assert.equal(cpus, 8, JSON.stringify(text))
  }
  const half = version1('/a', { 'cpu/a/cpu.cfs_quota_us': '50000\n' })
  assert.equal(readQuota(reader(half), 8).cpus, 8, 'a quota without its period')
})

test('a broken level does not hide the level above it', () => {
  const tree = version2('/p/c', { 'p/c/cpu.max': 'what?\n', 'p/cpu.max': '200000 100000\n' })
  assert.equal(readQuota(reader(tree), 8).cpus, 2)
})

test('workers are whole cores, and one at least', () => {
  assert.deepEqual([0.01, 1.99, 2, 2.9, 64].map(workersFor), [1, 1, 2, 2, 64])
})

test('the explanation names every level, and marks the one that won', () => {
  const tree = version2('/p/c', {
    'p/c/cpu.max': 'max 100000\n',
    'p/cpu.max': '150000 100000\n',
    'p/c/memory.max': `${256 * mib}\n`,
    'p/memory.max': 'max\n',
  })
  assert.equal(
    explainQuota(readQuota(reader(tree), 64)),
    `  cpu    8 cores      /proc/self/status Cpus_allowed_list: 0-7
  cpu    no limit     /sys/fs/cgroup/p/c/cpu.max: max 100000
* cpu    1.5 cores    /sys/fs/cgroup/p/cpu.max: 150000 100000
* memory 256 MiB      /sys/fs/cgroup/p/c/memory.max: ${256 * mib}
  memory no limit     /sys/fs/cgroup/p/memory.max: max
cpu     1.5 cores, by /sys/fs/cgroup/p/cpu.max
memory  256 MiB, by /sys/fs/cgroup/p/c/memory.max
workers 1 when workers=auto: whole cores, at least 1
`,
  )
})

test('any text in any file gives a quota that can be worked with', () => {
  const words = fc.constantFrom('max', '100000', ' ', '-1', '0', '\n', '0-3', ',', '18446744073709')
  const text = fc
    .array(fc.oneof(words, anyText(5)), { maxLength: 8 })
    .map((parts) => parts.join(''))
  const trees = [version1('/p/c'), version2('/p/c')]
  fc.assert(
    fc.property(text, text, fc.constantFrom(...trees), (any, list, tree) => {
      const all = { ...tree, ...allowed(list) }
      const quota = readQuota((path) => all[path] ?? any, 4)
      assert.ok(quota.cpus > 0, `${quota.cpus} cores`)
      assert.ok(workersFor(quota.cpus) >= 1)
      assert.ok(quota.memoryBytes === undefined || quota.memoryBytes > 0)
      assert.equal(typeof explainQuota(quota), 'string')
    }),
    { numRuns: 500 },
  )
})
