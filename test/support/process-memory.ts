import { readFileSync, readdirSync } from 'node:fs'

import { pause } from './wait.ts'

const sampleMs = 100
const steadySamples = 4
const steadyMiB = 1
const patienceMs = 1500

/** Memory of a process in MiB: its private pages and its share of the common ones. */
export function memoryMiB(pid: number): number {
  const [, kiB] =
    /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')) ?? []
  return Number(kiB) / 1024
}

/** The memory once it has come to rest; after a while what it is then, because collectors never rest. */
export async function settledMiB(pid: number): Promise<number> {
  const samples: number[] = []
  const deadline = performance.now() + patienceMs
  for (;;) {
    samples.push(memoryMiB(pid))
    const last = samples.slice(-steadySamples)
    const isSteady = Math.max(...last) - Math.min(...last) <= steadyMiB
    if (last.length === steadySamples && isSteady) return Math.min(...last)
    if (performance.now() > deadline) return Math.min(...last)
    await pause(sampleMs)
  }
}

/** How many files and sockets a process has open. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
