import { closeSync, openSync } from 'node:fs'

import type { Connections } from '../../budgets/connections.ts'
import { look } from '../../look.ts'

// As often as heaps are looked at. Until the next look the fast engine's accept loop spins.
const lookMs = 250

// This many files must be free before connections are admitted again, so that they do not run out at once.
const enough = 8

// The least time that a turn of the event loop takes while not even the spare file helps.
const napMs = 5

const sleeper = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/**
 * Watches whether the process can open a file, from the thread whose listeners need one for each connection, and admits
 * no connection while it cannot. The kernel calls a port ready as long as a connection waits on it. An accept that
 * fails for want of a file (EMFILE, ENFILE) leaves it so, and the fast engine's loop tries again without end. So a
 * spare file is closed at that moment: each waiting connection is accepted with it, refused and closed. (libuv does the
 * same for Node's own listeners.) When something else takes that file, too, or the limit is below its number, each turn
 * of the event loop takes a little time, so that accepting in vain takes no more than 1 % of a core.
 */
export function watchFiles(connections: Pick<Connections, 'isOutOfFiles'>): void {
  let spare = open()
  const slowDown = createBrake()
  setInterval(() => {
    if (spare === undefined && canOpen(enough)) {
      spare = open()
      connections.isOutOfFiles = spare === undefined
    } else if (spare !== undefined && !canOpen(1)) {
      // First, or the engine would admit the connection that takes the file.
      connections.isOutOfFiles = true
      closeSync(spare)
      spare = undefined
    }
    slowDown(spare === undefined && !canOpen(1))
  }, lookMs).unref()
}

/** Makes every turn of this thread's event loop take `napMs` while it is on. */
function createBrake(): (isOn: boolean) => void {
  let isBraking = false
  const nap = (): void => {
    if (!isBraking) return
    Atomics.wait(sleeper, 0, 0, napMs)
    setImmediate(nap)
  }
  return (isOn) => {
    const wasBraking = isBraking
    isBraking = isOn
    if (isOn && !wasBraking) nap()
  }
}

function canOpen(count: number): boolean {
  const files = Array.from({ length: count }, open)
  for (const file of files) if (file !== undefined) closeSync(file)
  return !files.includes(undefined)
}

function open(): number | undefined {
  return look(() => openSync('/dev/null', 'r'))
}
