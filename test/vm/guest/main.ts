// All that happens in the machine; what it says is judged outside, by cgroup-v2.test.ts.
import { writeSync } from 'node:fs'

import { cases } from '../cases.ts'
import type { Say } from '../reports.ts'
import { look } from './look.ts'
import { serve } from './serve.ts'

const say: Say = (name, report) => {
  writeSync(1, `${JSON.stringify([name, report])}\n`)
}

// Several at a time: one that is held back by its quota leaves the machine idle.
const queue = cases.entries()
async function lookAtCases(): Promise<void> {
  for (const [index, given] of queue) {
    say(`case ${given.name}`, await look(given, `kubepods-${index}`))
  }
}
await Promise.all([lookAtCases(), lookAtCases(), lookAtCases(), lookAtCases()])
await serve(say)
