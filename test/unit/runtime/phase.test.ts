import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isDrainPhase, phases } from '../../../app/runtime/phase.ts'

test("phases are in the order of an origin's life, and the metric shows their number", () => {
  assert.deepEqual(
    phases.map((phase, index) => `${index} ${phase}`),
    ['0 starting', '1 ready', '2 notice', '3 finishing', '4 stopped'],
  )
})

test('draining begins with the notice and lasts to the end', () => {
  assert.deepEqual(
    phases.filter((phase) => isDrainPhase(phase)),
    ['notice', 'finishing', 'stopped'],
  )
})
