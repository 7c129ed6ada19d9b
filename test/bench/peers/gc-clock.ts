// Preloaded into a server's threads: notes how many milliseconds each has been at work, and how many
// of them it was collecting garbage. Both by the clock, so a core that others share changes neither's
// share. A note every 100 ms and not one per collection, of which there are hundreds a second.
import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { threadId } from 'node:worker_threads'

const note = Buffer.alloc(16)
const file = openSync(join(process.env['GC_CLOCK_DIRECTORY'] ?? '', `${threadId}`), 'w')
writeSync(file, note)

let collecting = 0
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collecting += duration
}).observe({ entryTypes: ['gc'] })

setInterval(() => {
  note.writeDoubleLE(performance.eventLoopUtilization().active)
  note.writeDoubleLE(collecting, 8)
  writeSync(file, note, 0, note.length, 0)
}, 100).unref()
