// The worker of the slab test: observes as fast as it can until control[0] is set, and leaves in
// control[1] how often it did.
import { workerData } from 'node:worker_threads'

import { Slab } from '../../../app/telemetry/slab.ts'

// More than a test waits for, should nobody tell it to stop.
const timesLimit = 50_000_000

const { memory, control } = workerData as { memory: SharedArrayBuffer; control: Int32Array }
const slab = new Slab(memory)
let times = 0
while (Atomics.load(control, 0) === 0 && times < timesLimit) {
  slab.add('bytesIn', 2 ** 20)
  slab.observe(times % 3, 200 + (times % 2), { method: 'GET', startedAt: performance.now() })
  times++
}
Atomics.store(control, 1, times)
