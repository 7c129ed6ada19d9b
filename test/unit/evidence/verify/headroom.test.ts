// What is read of the origin while checks run: its headroom, and its own part of a time.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { originMsOf } from '../../../../app/evidence/client/server-timing.ts'
import { HeadroomWatch, headroomSentence } from '../../../../app/evidence/verify/headroom.ts'

const tellingInTurn = (...ratios: readonly (number | undefined)[]) => {
  const left = [...ratios]
  const headroom = async () => {
    const ratio = left.shift()
    return ratio === undefined ? undefined : { ratio, note: null }
  }
  return { headroom }
}

test('the least of before and after counts, and one that does not tell is none', async () => {
  for (const [ratios, least] of [
    [[0.9, 0.3], 0.3],
    [[0.05, 0.8], 0.05],
    [[undefined, 0.7], 0.7],
    [[undefined, undefined], undefined],
  ] as const) {
    const told = await new HeadroomWatch(tellingInTurn(...ratios)).end()
    assert.equal(told?.ratio, least, String(ratios))
  }
})

test('from a tenth on it is no bottleneck', () => {
  assert.match(headroomSentence({ ratio: 0.1, note: null }) ?? '', /at least 10 %/)
  assert.match(headroomSentence({ ratio: 0.099, note: null }) ?? '', /was the bottleneck/)
  assert.equal(headroomSentence(undefined), undefined)
})

const timed = (...values: readonly string[]) => {
  const fields = values.map((value) => ['Server-Timing', value] as const)
  return { head: { version: '1.1', status: 200, reason: '', fields, lines: [] } }
}

test("the origin's own time is its queue and its work, and not the client's body", () => {
  assert.equal(originMsOf(timed('queue;dur=0.5, work;dur=2.25, body;dur=900')), 2.75)
  assert.equal(originMsOf(timed('cdn;dur=7', 'queue;dur=1, work;dur=2')), 3)
  assert.equal(originMsOf(timed('cdn;dur=7')), undefined)
  assert.equal(originMsOf(timed()), undefined)
})
