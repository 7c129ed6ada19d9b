import { closeSync, openSync } from 'node:fs'

import type { Connections } from '../budgets/connections.ts'
import { look } from '../look.ts'

// As often as heaps are looked at. Until the next look the fast engine's accept loop spins.
const lookMs = 250

// So many files have to be free before connections are let in again, so that it is not over at once.
const enough = 8

/**
 * Watches whether the process can open a file, from the thread whose listeners need one for each
 * connection, and lets nobody in while it cannot. The kernel calls a port ready as long as somebody
 * waits on it; an accept that fails for want of a file (EMFILE, ENFILE) leaves it so, and the fast
 * engine's loop tries again without end. So a file is kept for that moment and given up then: each
 * connection that waits is accepted with it, refused and closed. (libuv does the same for Node's own
 * listeners.)
 */
export function watchFiles(connections: Pick<Connections, 'isOutOfFiles'>): void {
  let spare = open()
  setInterval(() => {
    if (spare === undefined) {
      spare = canOpen(enough) ? open() : undefined
      if (spare !== undefined) connections.isOutOfFiles = false
    } else if (!canOpen(1)) {
      // First, or the engine would let in whoever takes the file.
      connections.isOutOfFiles = true
      closeSync(spare)
      spare = undefined
    }
  }, lookMs).unref()
}

function canOpen(count: number): boolean {
  const files = Array.from({ length: count }, open)
  for (const file of files) if (file !== undefined) closeSync(file)
  return !files.includes(undefined)
}

function open(): number | undefined {
  return look(() => openSync('/dev/null', 'r'))
}
