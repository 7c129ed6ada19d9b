import assert from 'node:assert/strict'
import { test } from 'node:test'

import { fileBudget, howToRaise, parseLimits } from '../../../../app/runtime/machine/open-files.ts'

test('every file is either for a connection or kept for everything else', () => {
  for (const limit of [600, 1200, 20_000, 250_000]) {
    for (const workers of [1, 2, 4]) {
      const { connections, reserve } = fileBudget(limit, { asked: 'auto', workers })
      assert.equal(connections + reserve, limit)
    }
  }
})

test('auto asks for 262144 connections, and no more where there are files for them', () => {
  const { connections, asked } = fileBudget(1_048_576, { asked: 'auto', workers: 2 })
  assert.deepEqual([connections, asked], [262_144, 262_144])
})

test('a number is used as it is if it fits, and reduced to what fits if not', () => {
  assert.equal(fileBudget(20_000, { asked: 500, workers: 1 }).connections, 500)
  const { connections, reserve } = fileBudget(1200, { asked: 5000, workers: 1 })
  assert.equal(connections, 1200 - reserve)
})

test('without a limit connections are those that are asked for', () => {
  assert.equal(fileBudget(undefined, { asked: 'auto', workers: 8 }).connections, 262_144)
  assert.equal(fileBudget(undefined, { asked: 7, workers: 8 }).connections, 7)
})

test('with hardly any files one connection is admitted', () => {
  assert.equal(fileBudget(64, { asked: 'auto', workers: 4 }).connections, 1)
})

test('the reserve grows with the workers and their replacements', () => {
  const one = fileBudget(5000, { asked: 'auto', workers: 1 }).reserve
  const three = fileBudget(5000, { asked: 'auto', workers: 3 }).reserve
  // A worker with every port open holds 18 files.
  assert.ok(three - one >= 2 * 2 * 18, `${three - one} files more`)
})

test('the soft limit is read as the kernel writes it', () => {
  const head = 'Limit                     Soft Limit           Hard Limit           Units     \n'
  const row = (soft: string): string =>
    `${head}Max processes             63708                63708                processes \nMax open files            ${soft.padEnd(20)} 1048576              files     \n`
  assert.equal(parseLimits(row('1024')), 1024)
  assert.equal(parseLimits(row('unlimited')), undefined)
  assert.equal(parseLimits(''), undefined)
})

test('the way to raise the limit is given for a shell, systemd and containers', () => {
  assert.match(howToRaise(9000), /ulimit -n 9000.*LimitNOFILE=9000.*--ulimit nofile=9000:9000/)
})
