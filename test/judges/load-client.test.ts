// What `hpdummy load` measures is what others measure of the same origin.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import type { LoadReport } from '../../app/load/report/load-report.ts'
import { startOrigin } from '../support/origin.ts'
import { run, runHpdummy } from '../support/programs.ts'
import { goTool, withoutGo } from '../tools/tools.ts'

interface Measured {
  readonly rate: number
  readonly p50Ms: number
  readonly p99Ms: number
}

// What is measured is mostly the origin's own wait: a machine that is busy elsewhere changes little of it.
const delayMs = 100
const connections = 20
const seconds = 3

async function byBombardier(url: string, words: readonly string[]): Promise<Measured> {
  const asked = ['-d', `${seconds}s`, '-l', '-p', 'r', '-o', 'json', ...words, url]
  const { code, stdout, stderr } = await run(goTool('bombardier'), asked)
  assert.equal(code, 0, stderr)
  const { result } = JSON.parse(stdout.toString()) as {
    readonly result: {
      readonly req2xx: number
      readonly timeTakenSeconds: number
      readonly latency: { readonly percentiles: Readonly<Record<string, number>> }
    }
  }
  const { percentiles } = result.latency
  return {
    rate: result.req2xx / result.timeTakenSeconds,
    p50Ms: (percentiles['50'] ?? Number.NaN) / 1000,
    p99Ms: (percentiles['99'] ?? Number.NaN) / 1000,
  }
}

async function byOurs(url: string, words: readonly string[]): Promise<Measured> {
  const asked = ['load', url, '--json', `--duration=${seconds}s`, '--warm-up=1s', ...words]
  const { code, stdout, stderr } = await runHpdummy(asked)
  assert.equal(code, 0, stderr)
  const { rate, latency } = JSON.parse(stdout.toString()) as LoadReport
  const { p50_ms: p50Ms = 0, p99_ms: p99Ms = 0 } = latency.from_actual_start ?? {}
  return { rate, p50Ms, p99Ms }
}

// A neighbour on the machine makes two measurements differ, and never makes them equal.
const attempts = 8

function isAlike(one: number, other: number): boolean {
  return Math.abs(one / other - 1) < 0.05
}

async function assertAlike(measure: () => Promise<readonly [Measured, Measured]>): Promise<string> {
  let last = ''
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [theirs, ours] = await measure()
    last = JSON.stringify({ theirs, ours })
    if (isAlike(ours.rate, theirs.rate) && isAlike(ours.p50Ms, theirs.p50Ms)) return last
  }
  assert.fail(last)
}

suite('hpdummy load beside bombardier', { skip: withoutGo('bombardier') }, () => {
  test('a closed loop has the same rate and the same times', async (t) => {
    const { url } = await startOrigin(t)
    const target = `${url}/delay/${delayMs}`
    const both = await assertAlike(async () => [
      await byBombardier(target, ['-c', `${connections}`]),
      await byOurs(target, [`--connections=${connections}`]),
    ])
    t.diagnostic(both)
  })

  test('a rate that is asked for is the same', async (t) => {
    const { url } = await startOrigin(t)
    const target = `${url}/delay/${delayMs}`
    const both = await assertAlike(async () => [
      await byBombardier(target, ['-c', '100', '-r', '200']),
      await byOurs(target, ['--rate=200']),
    ])
    t.diagnostic(both)
  })
})
