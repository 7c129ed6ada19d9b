/** A profile as V8 writes it and DevTools reads it: a tree of calls, and which of them each sample was in. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** Microseconds. */
  readonly startTime: number
  readonly endTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: CallFrame
  readonly hitCount: number
  readonly children?: readonly number[]
}

interface CallFrame {
  readonly functionName: string
  readonly scriptId: string
  readonly url: string
  readonly lineNumber: number
  readonly columnNumber: number
}

/**
 * Reads what V8 has written. It does not escape the backslashes of regular expressions, which stand in a profile as
 * functions of their own (Node 22): 1 profile in 6 could not be read.
 */
export function parseProfile(text: string): CpuProfile {
  const repaired = text.replaceAll(backslash, (whole, escape?: string) =>
    escape === undefined ? String.raw`\\` : whole,
  )
  return JSON.parse(repaired) as CpuProfile
}

// With what makes it an escape of JSON's, or alone.
const backslash = /\\(["\\/bfnrt]|u[\da-f]{4})|\\/gi

/**
 * Several threads' profiles as one that DevTools opens: each thread is a call below the root, and since a
 * profile has one time only, they come one after the other.
 */
export function mergeProfiles(profiles: readonly (readonly [string, CpuProfile])[]): CpuProfile {
  const nodes: ProfileNode[] = []
  const samples: number[] = []
  const timeDeltas: number[] = []
  const roots: number[] = []
  let duration = 0
  for (const [name, profile] of profiles) {
    const moved = moveNodes(profile.nodes, nodes.length + rootId)
    const [root, ...others] = moved
    if (root === undefined) continue
    roots.push(root.id)
    nodes.push({ ...root, callFrame: frameOf(name) }, ...others)
    const byOldId = new Map(profile.nodes.map(({ id }, index) => [id, moved[index]?.id ?? rootId]))
    for (const sample of profile.samples) samples.push(byOldId.get(sample) ?? rootId)
    for (const delta of profile.timeDeltas) timeDeltas.push(delta)
    duration += profile.endTime - profile.startTime
  }
  const root = { id: rootId, callFrame: frameOf('(root)'), hitCount: 0, children: roots }
  const startTime = profiles[0]?.[1].startTime ?? 0
  return { nodes: [root, ...nodes], startTime, endTime: startTime + duration, samples, timeDeltas }
}

const rootId = 1

// Numbered anew, so that no two threads' nodes have the same.
function moveNodes(nodes: readonly ProfileNode[], after: number): readonly ProfileNode[] {
  const ids = new Map(nodes.map(({ id }, index) => [id, after + index + 1]))
  return nodes.map((node) => ({
    ...node,
    id: ids.get(node.id) ?? rootId,
    children: (node.children ?? []).map((child) => ids.get(child) ?? rootId),
  }))
}

function frameOf(functionName: string): CallFrame {
  return { functionName, scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 }
}
