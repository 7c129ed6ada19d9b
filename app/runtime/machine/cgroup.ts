import { readFileSync } from 'node:fs'

import { isShortage } from '../../look.ts'

/** Reads files of a machine, or of a recorded tree: text by absolute path, undefined when there is no such file. */
export type ReadText = (path: string) => string | undefined

/**
 * The machine's own files. They come and go with the cgroup. One that is absent, or that we may not read, is undefined.
 * Throws when the process is out of files: then their content is unknown.
 */
export const readKernelFile: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isShortage(error)) throw error
    return undefined
  }
}

/** The two resources a container is limited in here. */
export type Resource = 'cpu' | 'memory'

/** Controllers whose cgroups we read; `pids` counts processes and threads. */
export type Controller = Resource | 'pids'

/** Where the kernel keeps the limits of one resource, leaf first and then every ancestor we can see. */
export interface Hierarchy {
  readonly version: 1 | 2
  readonly levels: readonly string[]
}

interface Mount {
  readonly root: string
  readonly point: string
  readonly type: string
  readonly options: readonly string[]
}

/**
 * Finds a resource's cgroup directories. Version 2 counts only where its mount has the controller: a hybrid host mounts
 * cgroup2, too, without any controller in it. Undefined where there are no cgroups.
 */
export function findHierarchy(read: ReadText, resource: Controller): Hierarchy | undefined {
  const mounts = parseMounts(read('/proc/self/mountinfo') ?? '')
  const paths = parsePaths(read('/proc/self/cgroup') ?? '')
  const unified = mounts.filter(
    ({ type, point }) => type === 'cgroup2' && controllers(read, point).includes(resource),
  )
  const levels = levelsIn(unified, paths.get(''))
  if (levels !== undefined) return { version: 2, levels }
  const named = mounts.filter(
    ({ type, options }) => type === 'cgroup' && options.includes(resource),
  )
  const namedLevels = levelsIn(named, paths.get(resource))
  return namedLevels && { version: 1, levels: namedLevels }
}

/**
 * The levels as the best of a hierarchy's mounts shows them. A pod may mount the host's tree beside its own. The best
 * mount is one whose root contains our path; among several, the one that shows most ancestors, because the limit of
 * each ancestor applies to us.
 */
function levelsIn(
  mounts: readonly Mount[],
  path: string | undefined,
): readonly string[] | undefined {
  if (path === undefined) return undefined
  const containing = mounts
    .filter((mount) => isInside(mount, path))
    .toSorted((a, b) => a.root.length - b.root.length)
  const best = containing[0] ?? mounts[0]
  return best && levelsOf(best, path)
}

function controllers(read: ReadText, point: string): readonly string[] {
  return (read(`${point}/cgroup.controllers`) ?? '').split(/\s+/)
}

// proc(5): id parent major:minor root point options ... - type source superoptions
function parseMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root, point] = before.split(' ')
    const [type, , options] = after.split(' ')
    if (root === undefined || point === undefined || type === undefined) return []
    return [
      { root: unescape(root), point: unescape(point), type, options: (options ?? '').split(',') },
    ]
  })
}

// The kernel writes space, tab, newline and backslash as \040 and its like.
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  )
}

// cgroups(7): id:controllers:path, controllers joined by commas, none for version 2.
function parsePaths(text: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line)
    if (match === null) continue
    for (const name of (match[1] ?? '').split(',')) paths.set(name, match[2] ?? '/')
  }
  return paths
}

/**
 * Whether a mount shows the cgroup of a path. In a cgroup namespace the path is `/`, and the root of the host's tree is
 * `/../..`: that tree contains our cgroup, too, but the kernel does not say where.
 */
function isInside({ root }: Mount, path: string): boolean {
  const prefix = root === '/' ? '' : root
  return (path === root || path.startsWith(`${prefix}/`)) && !path.includes('/..')
}

/**
 * The directory of a cgroup path and of each ancestor up to the mount. A path outside the mount's root
 * (a container's own mount, a namespace's `/../..`) means the mount itself is our cgroup.
 */
function levelsOf(mount: Mount, path: string): readonly string[] {
  const { root, point } = mount
  const below = isInside(mount, path) ? path.slice(root === '/' ? 0 : root.length) : ''
  const names = below.split('/').filter(Boolean)
  return names
    .map((_, depth) => `${point}/${names.slice(0, names.length - depth).join('/')}`)
    .concat(point)
}
