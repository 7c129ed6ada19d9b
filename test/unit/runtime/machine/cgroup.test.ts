import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { type ReadText, findHierarchy } from '../../../../app/runtime/machine/cgroup.ts'
import { anyText } from '../../config/any-text.ts'

type Tree = Readonly<Record<string, string>>

function reader(tree: Tree): ReadText {
  return (path) => tree[path]
}

/** A machine with one mount line per hierarchy, and the paths of the process in them. */
function machine(mounts: readonly string[], paths: readonly string[], files: Tree = {}): ReadText {
  return reader({
    '/proc/self/mountinfo': `${mounts.map((rest, at) => `${30 + at} 23 0:${at} ${rest}`).join('\n')}\n`,
    '/proc/self/cgroup': `${paths.join('\n')}\n`,
    ...files,
  })
}

const unified = '/ /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw'
const controllers = { '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids\n' }

test('version 2: the leaf first, then every ancestor up to the mount', () => {
  assert.deepEqual(
    findHierarchy(machine([unified], ['0::/kubepods/pod1/c1'], controllers), 'cpu'),
    {
      version: 2,
      levels: [
        '/sys/fs/cgroup/kubepods/pod1/c1',
        '/sys/fs/cgroup/kubepods/pod1',
        '/sys/fs/cgroup/kubepods',
        '/sys/fs/cgroup',
      ],
    },
  )
})

test('version 1: each resource by its own mount and its own path', () => {
  const read = machine(
    [
      '/ /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu',
      '/ /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
      '/ /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd',
    ],
    ['9:name=systemd:/init', '4:memory:/m/leaf', '1:cpu:/c'],
  )
  assert.deepEqual(findHierarchy(read, 'cpu'), {
    version: 1,
    levels: ['/sys/fs/cgroup/cpu/c', '/sys/fs/cgroup/cpu'],
  })
  assert.deepEqual(findHierarchy(read, 'memory'), {
    version: 1,
    levels: ['/sys/fs/cgroup/memory/m/leaf', '/sys/fs/cgroup/memory/m', '/sys/fs/cgroup/memory'],
  })
})

test('version 1: cpu and cpuacct on one mount, in either order', () => {
  for (const [options, names] of [
    ['rw,cpu,cpuacct', 'cpu,cpuacct'],
    ['rw,cpuacct,cpu', 'cpuacct,cpu'],
  ]) {
    const read = machine(
      [`/ /sys/fs/cgroup/${names} rw - cgroup cgroup ${options}`],
      [`3:${names}:/a`],
    )
    assert.deepEqual(findHierarchy(read, 'cpu')?.levels, [
      `/sys/fs/cgroup/${names}/a`,
      `/sys/fs/cgroup/${names}`,
    ])
  }
})

test('cpuset and cpuacct are not taken for cpu', () => {
  const read = machine(
    [
      '/ /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset',
      '/ /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct',
    ],
    ['3:cpuset:/', '2:cpuacct:/'],
  )
  assert.equal(findHierarchy(read, 'cpu'), undefined)
})

test('hybrid: version 1 is used when the cgroup2 mount lacks the controller', () => {
  const read = machine(
    [
      '/ /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
      '/ /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu',
    ],
    ['1:cpu:/leaf', '0::/leaf'],
    { '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb\n' },
  )
  assert.deepEqual(findHierarchy(read, 'cpu'), {
    version: 1,
    levels: ['/sys/fs/cgroup/cpu/leaf', '/sys/fs/cgroup/cpu'],
  })
})

test('a controller is chosen for each resource: memory on version 2, cpu on version 1', () => {
  const read = machine(
    [
      '/ /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
      '/ /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu',
    ],
    ['1:cpu:/', '0::/leaf'],
    { '/sys/fs/cgroup/unified/cgroup.controllers': 'memory pids\n' },
  )
  assert.equal(findHierarchy(read, 'cpu')?.version, 1)
  assert.equal(findHierarchy(read, 'memory')?.version, 2)
})

interface PathCase {
  readonly what: string
  readonly root: string
  readonly path: string
  readonly levels: readonly string[]
}

const pathCases: readonly PathCase[] = [
  { what: 'a cgroup namespace', root: '/', path: '/', levels: ['/cg'] },
  {
    what: 'a bind mount of its own cgroup',
    root: '/docker/c1',
    path: '/docker/c1',
    levels: ['/cg'],
  },
  {
    what: 'a bind mount of an ancestor',
    root: '/docker',
    path: '/docker/c1',
    levels: ['/cg/c1', '/cg'],
  },
  { what: 'a bind mount of another cgroup', root: '/docker/c1', path: '/other', levels: ['/cg'] },
  {
    what: 'a root that is only a prefix',
    root: '/docker/c1',
    path: '/docker/c12',
    levels: ['/cg'],
  },
  { what: 'a path above the namespace', root: '/', path: '/../..', levels: ['/cg'] },
  { what: 'a path beside the namespace', root: '/', path: '/../other/leaf', levels: ['/cg'] },
  { what: 'a mount made outside the namespace', root: '/../..', path: '/', levels: ['/cg'] },
]

for (const { what, root, path, levels } of pathCases) {
  test(`${what}: root ${root}, path ${path} is ${levels.join(' ')}`, () => {
    const read = machine([`${root} /cg rw - cgroup2 cgroup2 rw`], [`0::${path}`], {
      '/cg/cgroup.controllers': 'cpu memory',
    })
    assert.deepEqual(findHierarchy(read, 'cpu'), { version: 2, levels })
  })
}

interface TwoMounts {
  readonly what: string
  readonly path: string
  /** Root and mount point, in the order of mountinfo. */
  readonly mounts: readonly (readonly [root: string, point: string])[]
  readonly levels: readonly string[]
}

const own = '/sys/fs/cgroup'

// As containers see them that mount the host's tree at /host/cgroup, as node agents do.
const besideTheHosts: readonly TwoMounts[] = [
  {
    what: 'in a cgroup namespace',
    path: '/',
    mounts: [
      ['/../../..', '/host/cgroup'],
      ['/', own],
    ],
    levels: [own],
  },
  {
    what: 'in a cgroup namespace, in a cgroup below it',
    path: '/init',
    mounts: [
      ['/../../..', '/host/cgroup'],
      ['/', own],
    ],
    levels: [`${own}/init`, own],
  },
  {
    what: 'in the namespace of the host, which shows the limit of the pod, too',
    path: '/kubepods/pod1/c1',
    mounts: [
      ['/kubepods/pod1/c1', own],
      ['/', '/host/cgroup'],
    ],
    levels: [
      '/host/cgroup/kubepods/pod1/c1',
      '/host/cgroup/kubepods/pod1',
      '/host/cgroup/kubepods',
      '/host/cgroup',
    ],
  },
  {
    what: 'when the other tree is that of a neighbour',
    path: '/kubepods/pod1/c1',
    mounts: [
      ['/kubepods/pod2/c2', '/neighbour'],
      ['/kubepods/pod1/c1', own],
    ],
    levels: [own],
  },
]

for (const { what, path, mounts, levels } of besideTheHosts) {
  for (const order of [mounts, mounts.toReversed()]) {
    const first = order[0]?.[1]
    test(`two mounts ${what}: ours is found, with ${first} first`, () => {
      const v2 = machine(
        order.map(([root, point]) => `${root} ${point} rw - cgroup2 cgroup2 rw`),
        [`0::${path}`],
        Object.fromEntries(order.map(([, point]) => [`${point}/cgroup.controllers`, 'cpu memory'])),
      )
      assert.deepEqual(findHierarchy(v2, 'memory'), { version: 2, levels })
      const v1 = machine(
        order.map(([root, point]) => `${root} ${point} rw - cgroup cgroup rw,memory`),
        [`4:memory:${path}`],
      )
      assert.deepEqual(findHierarchy(v1, 'memory'), { version: 1, levels })
    })
  }
}

test('octal escapes in mount points and roots are undone', () => {
  const read = machine(
    [String.raw`/my\040root /mnt/a\040b\134c\011d rw - cgroup2 cgroup2 rw`],
    ['0::/my root/leaf'],
    { '/mnt/a b\\c\td/cgroup.controllers': 'cpu' },
  )
  assert.deepEqual(findHierarchy(read, 'cpu')?.levels, ['/mnt/a b\\c\td/leaf', '/mnt/a b\\c\td'])
})

test('optional fields of a mount line, or none, do not shift the others', () => {
  for (const optional of ['', ' shared:9', ' shared:9 master:4 propagate_from:2']) {
    const read = machine([`/ /cg rw,nosuid${optional} - cgroup2 cgroup2 rw`], ['0::/'], {
      '/cg/cgroup.controllers': 'cpu',
    })
    assert.deepEqual(findHierarchy(read, 'cpu')?.levels, ['/cg'])
  }
})

test('a colon in a path is part of the path', () => {
  const read = machine([unified], ['0::/system.slice/a:b:c'], controllers)
  assert.equal(findHierarchy(read, 'cpu')?.levels[0], '/sys/fs/cgroup/system.slice/a:b:c')
})

test('without mounts, paths or /proc there is no hierarchy', () => {
  for (const read of [
    reader({}),
    machine([], ['0::/']),
    machine([unified], [], controllers),
    machine([unified], ['0::/']),
    machine(['/ /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu'], ['4:memory:/']),
  ]) {
    assert.equal(findHierarchy(read, 'cpu'), undefined)
  }
})

// Words of the real files among random text, so that more than the first check is reached.
const words = [
  '/',
  '/..',
  ' - ',
  'cgroup2',
  'cgroup',
  'rw,cpu',
  '0::',
  '1:cpu:',
  '\\040',
  '\n',
  ' ',
]
const pieces = fc.constantFrom(...words)
const text = fc
  .array(fc.oneof(pieces, anyText(6)), { maxLength: 40 })
  .map((parts) => parts.join(''))

test('any text in the files is accepted', () => {
  fc.assert(
    fc.property(text, text, text, (mountinfo, cgroup, other) => {
      const read: ReadText = (path) =>
        ({ '/proc/self/mountinfo': mountinfo, '/proc/self/cgroup': cgroup })[path] ?? other
      const found = findHierarchy(read, 'cpu')
      assert.ok(found === undefined || found.levels.length > 0)
    }),
  )
})
