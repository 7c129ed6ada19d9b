import type { ReadText } from '../../../../app/runtime/machine/cgroup.ts'

/** Files of a machine by their paths. */
export type Tree = Readonly<Record<string, string>>

/** Reads the files of a tree. */
export function reader(tree: Tree): ReadText {
  return (path) => tree[path]
}

/** What tells the affinity mask. */
export function allowed(list: string): Tree {
  return { '/proc/self/status': `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\n` }
}

/** A version 2 machine with eight CPUs. */
export function version2(path: string, files: Tree = {}): Tree {
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
export function version1(path: string, files: Tree = {}): Tree {
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

/** A directory's quota, version 1. */
export function quotaV1(directory: string, quotaUs: number, periodUs = 100_000): Tree {
  return {
    [`${directory}/cpu.cfs_quota_us`]: `${quotaUs}\n`,
    [`${directory}/cpu.cfs_period_us`]: `${periodUs}\n`,
  }
}
