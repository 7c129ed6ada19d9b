// A worker of the ledger's test: notes arrivals as fast as it can, until control[0] is set or it has noted as many as
// it is to. Leaves in control[1] how many it did.
import { workerData } from 'node:worker_threads'

import { Entries, openEnd } from '../../../../app/evidence/ledger/entries.ts'
import { hashOf } from '../../../../app/evidence/ledger/hash.ts'
import type { LedgerMemory } from '../../../../app/evidence/ledger/layout.ts'

const { memory, control, count } = workerData as {
  memory: LedgerMemory
  control: Int32Array
  count: number
}
const entries = new Entries(memory)
const noted = { method: 'GET', listener: 'fast', scheme: 'http', worker: 1, run: 7 } as const
let done = 0
while (Atomics.load(control, 0) === 0 && done < count) {
  // Every id is noted by each of the writers.
  const id = hashOf(`id-${done}`)
  const { number } = entries.note({ ...noted, id, at: entries.now() }, openEnd)
  entries.end(number, { ...noted, id, at: 0 }, { cause: 'complete', status: 200 })
  done++
  Atomics.add(control, 1, 1)
}
