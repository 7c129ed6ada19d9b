import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createRandom } from '../../../../app/traffic/random.ts'
import { normalQuantile, scanDuration } from '../../../../app/traffic/syntax/durations.ts'
import { Scanner } from '../../../../app/traffic/syntax/scanner.ts'

function drawn(text: string, times = 20_000): readonly number[] {
  const [{ drawMs }, random] = [scanDuration(new Scanner(text)), createRandom(3)]
  return Array.from({ length: times }, () => drawMs(random)).toSorted((one, other) => one - other)
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor(share * sorted.length)] ?? Number.NaN

const near = (seen: number, expected: number, share: number): void =>
  assert.ok(Math.abs(seen - expected) < expected * share, `${seen} instead of ${expected}`)

test('the quantiles of the normal distribution are those of the tables', () => {
  const known = [
    [0.5, 0],
    [0.975, 1.959963985],
    [0.99, 2.326347874],
    [0.001, -3.090232306],
  ] as const
  for (const [share, z] of known) assert.ok(Math.abs(normalQuantile(share) - z) < 1e-8, `${share}`)
})

test('a log-normal time has its median and its spread', () => {
  const times = drawn('lognormal(50ms,0.4)')
  near(quantile(times, 0.5), 50, 0.03)
  near(quantile(times, 0.9), 50 * Math.exp(0.4 * 1.281552), 0.03)
})

test('two quantiles are met', () => {
  const times = drawn('p50=10ms p99=200ms')
  near(quantile(times, 0.5), 10, 0.06)
  near(quantile(times, 0.99), 200, 0.15)
})

test('a normal time has its mean, and is never below 0', () => {
  const times = drawn('normal(20ms,15ms)')
  near(quantile(times, 0.5), 20, 0.03)
  assert.equal(times[0], 0)
})

test('a uniform time is between its ends', () => {
  const times = drawn('uniform(1ms,9ms)')
  assert.ok((times[0] ?? 0) >= 1 && (times.at(-1) ?? 99) <= 9)
  near(quantile(times, 0.5), 5, 0.04)
})
