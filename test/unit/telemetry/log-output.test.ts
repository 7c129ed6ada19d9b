import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { type Loss, LogOutput } from '../../../app/telemetry/log-output.ts'
import { createDirectory } from '../../support/directory.ts'

function open(t: TestContext, path: string): number {
  const fd = openSync(path, 'w')
  t.after(() => closeSync(fd))
  return fd
}

function line(number: number): Buffer {
  return Buffer.from(`{"line":${number}}\n`)
}

test('lines come out in the order they were written in, at once or later', async (t) => {
  const path = join(createDirectory(t), 'log')
  const output = new LogOutput(() => {}, open(t, path))
  output.write(line(1))
  assert.equal(readFileSync(path, 'utf8'), '{"line":1}\n')
  await output.writeAll([line(2), line(3)])
  output.write(line(4))
  assert.equal(readFileSync(path, 'utf8').trim().split('\n').length, 4)
  assert.equal(output.lost, 0)
})

test('what a full disk does not take is counted, by both ways, and nothing is thrown', async (t) => {
  const losses: Loss[] = []
  const output = new LogOutput((loss) => losses.push(loss), open(t, '/dev/full'))
  output.write(line(1))
  await output.writeAll([Buffer.concat([line(2), line(3)]), line(4)])
  output.write(line(5))
  assert.equal(output.lost, 5)
  assert.deepEqual(losses, [])
})
