import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { createBoard, putUp, readBoard } from '../../../app/telemetry/board.ts'

test('what is up is what was put up last, to the byte', () => {
  const board = createBoard()
  assert.equal(readBoard(board), '')
  for (const text of ['a longer text', 'ümlaut', '', '{}']) {
    assert.equal(putUp(board, text), true)
    assert.equal(readBoard(board), text)
  }
})

test('a text that is too long is not put up, and the one before stays', () => {
  const board = createBoard()
  putUp(board, 'short')
  assert.equal(putUp(board, 'x'.repeat(200_000)), false)
  assert.equal(readBoard(board), 'short')
})

test('a reader beside a writing thread never sees half of a text', async () => {
  const board = createBoard()
  const writer = new Worker(new URL('board-writer.ts', import.meta.url), { workerData: board })
  const exit = once(writer, 'exit')
  const seen = new Set<string>()
  while (!seen.has('done')) {
    const text = readBoard(board)
    assert.ok(text === 'done' || new Set(text).size <= 1, `torn: ${text.slice(0, 80)}`)
    seen.add(text)
  }
  await exit
  assert.ok(seen.size > 2)
})
