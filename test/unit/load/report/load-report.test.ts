import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseThreshold } from '../../../../app/load/plan/thresholds.ts'
import { percentilesOf, timeFigures } from '../../../../app/load/report/figures.ts'
import { htmlReport } from '../../../../app/load/report/html-report.ts'
import { exitCodeOf, judge } from '../../../../app/load/report/judge.ts'
import type { LoadReport, TimeFigures } from '../../../../app/load/report/load-report.ts'
import { textReport } from '../../../../app/load/report/text-report.ts'
import { verdictOf } from '../../../../app/load/report/verdict.ts'
import { createTimes, originTimeMs, recordMs } from '../../../../app/load/tally.ts'
import { type Step, Timeline } from '../../../../app/load/timeline.ts'

const times = (p50: number, p99: number): TimeFigures => ({
  count: 100,
  min_ms: p50 / 2,
  mean_ms: p50,
  p50_ms: p50,
  p75_ms: p50,
  p90_ms: p99,
  p95_ms: p99,
  p99_ms: p99,
  p999_ms: p99,
  max_ms: p99,
})

const report = (more: Partial<LoadReport> = {}): LoadReport => ({
  version: '1.2.3',
  url: 'http://a/<b>',
  run: null,
  started_at: '2026-01-01T00:00:00.000Z',
  interrupted: false,
  schedule: {
    kind: 'open',
    asked: 100,
    connections: 10,
    streams: null,
    http_version: '1.1',
    workers: 1,
  },
  duration_seconds: 1,
  requests: { sent: 100, answered: 100, refused: 2, errors: 0, unsent: 0, waited: 0 },
  rate: 100,
  rate_asked: 100,
  bytes_read: 1000,
  connections_opened: 1,
  latency: {
    from_intended_start: times(10, 20),
    from_actual_start: times(10, 20),
    client_lag: times(0.1, 0.5),
    origin: null,
    path: null,
  },
  percentiles: { from_intended_start: [[0, 1]], from_actual_start: [[0, 1]] },
  statuses: { 200: 98, 503: 2 },
  errors: {},
  client_busy: 0.2,
  origin: null,
  ledger: null,
  verdict: { bottleneck: 'none', why: [] },
  thresholds: [],
  unknown: [],
  timeline: [],
  ...more,
})

const originOf = (headroom: number): NonNullable<LoadReport['origin']> => ({
  headroom_least: headroom,
  headroom_note: null,
  completed: 100,
  errors: 0,
  rejected: 0,
  p99_latency_ms: 1,
  queue_depth: 0,
})

test('the bottleneck is the client when it is late or busy, whatever else is', () => {
  const late = report({
    origin: originOf(0),
    latency: { ...report().latency, client_lag: times(1, 5) },
  })
  assert.equal(verdictOf(late).bottleneck, 'client')
  assert.match(verdictOf(late).why.join('\n'), /lag p99 5 ms, which is 25 %/)
  assert.match(verdictOf(late).why.join('\n'), /k6 with k6-operator/)
  assert.equal(verdictOf(report({ client_busy: 0.95 })).bottleneck, 'client')
})

test('else the origin when it has no headroom, else the path when the schedule was not kept', () => {
  const slow = { rate: 50, requests: { ...report().requests, waited: 40 } }
  assert.equal(verdictOf(report({ ...slow, origin: originOf(0.05) })).bottleneck, 'origin')
  assert.equal(verdictOf(report({ ...slow, origin: originOf(0.9) })).bottleneck, 'path')
  assert.equal(verdictOf(report(slow)).bottleneck, 'unknown')
  assert.match(verdictOf(report(slow)).why.join('\n'), /--origin URL/)
})

test('else nobody, when the schedule was kept', () => {
  assert.equal(verdictOf(report()).bottleneck, 'none')
})

test('a run without an answer has measured nothing', () => {
  const none = report({ requests: { ...report().requests, answered: 0 } })
  assert.equal(verdictOf(none).bottleneck, 'unknown')
  assert.equal(exitCodeOf(none), 3)
})

test('thresholds are crossed, kept or unknown, and the exit code says so', () => {
  const judged = (text: string, more: Partial<LoadReport> = {}): LoadReport => {
    const threshold = parseThreshold(text)
    assert.ok(typeof threshold === 'object', text)
    const one = report(more)
    return { ...one, thresholds: judge([threshold], one) }
  }
  for (const [text, crossed, code] of [
    ['p99>19ms', true, 1],
    ['p99>20ms', false, 0],
    ['p99 >= 20ms', true, 1],
    ['p50>0.02s', false, 0],
    ['failed>1%', true, 1],
    ['failed>2%', false, 0],
    ['failed>1', true, 1],
    ['rate<=100', true, 1],
    ['rate<100/s', false, 0],
    ['lost>0', null, 3],
    ['headroom<20%', null, 3],
  ] as const) {
    const one = judged(text)
    assert.deepEqual([one.thresholds[0]?.crossed, exitCodeOf(one)], [crossed, code], text)
  }
  assert.equal(exitCodeOf(judged('headroom<20%', { origin: originOf(0.1) })), 1)
  // What was never sent is a part of what was due.
  const unsent = { requests: { ...report().requests, unsent: 100 } }
  assert.equal(judged('unsent>=50%', unsent).thresholds[0]?.crossed, true)
})

test('what the origin says of itself is the time in its queue and at work', () => {
  assert.equal(originTimeMs('queue;dur=1.5, work;dur=2, write;dur=9'), 3.5)
  assert.equal(originTimeMs('cdn-cache;desc=HIT, work;dur=2'), 2)
  assert.equal(originTimeMs('network;dur=7'), undefined)
  assert.equal(originTimeMs(''), undefined)
})

test('histograms are exact to a thousandth', () => {
  const recorded = createTimes()
  for (let ms = 1; ms <= 10_000; ms++) recordMs(recorded, ms)
  const figures = timeFigures(recorded)
  assert.ok(figures !== null)
  for (const [value, right] of [
    [figures.p50_ms, 5000],
    [figures.p99_ms, 9900],
    [figures.p999_ms, 9990],
    [figures.mean_ms, 5000],
  ] as const)
    assert.ok(Math.abs(value / right - 1) < 0.0015, `${value} for ${right}`)
  const all = percentilesOf(recorded)
  assert.ok(all.length > 40)
  assert.deepEqual(
    all,
    all.toSorted(([, one], [, other]) => one - other),
  )
  recordMs(recorded, 1e12)
  assert.equal(recorded.exceeds, 0)
})

test('however long the run, the timeline has at most 1,200 steps and loses no request', () => {
  const timeline = new Timeline()
  const seconds = 100_000
  for (let second = 1; second <= seconds; second++) {
    const step: Step = {
      atSeconds: second,
      seconds: 1,
      sent: 3,
      answered: 2,
      bad: 1,
      inFlight: 1,
      p50Ms: 1,
      p99Ms: second === 77_777 ? 500 : 2,
      maxMs: null,
      headroom: second === 5 ? 0.1 : 0.9,
    }
    timeline.add(step)
  }
  const { steps } = timeline
  assert.ok(steps.length <= 1200, `${steps.length}`)
  const sum = (read: (step: Step) => number): number =>
    steps.reduce((total, step) => total + read(step), 0)
  assert.deepEqual([sum(({ sent }) => sent), sum((step) => step.seconds)], [3 * seconds, seconds])
  assert.equal(Math.max(...steps.map(({ p99Ms }) => p99Ms ?? 0)), 500)
  assert.equal(Math.min(...steps.map(({ headroom }) => headroom ?? 1)), 0.1)
})

test('a closed loop is called one in the text', () => {
  const { schedule, latency } = report()
  const closed = report({
    schedule: { ...schedule, kind: 'closed', asked: null },
    rate_asked: null,
    latency: { ...latency, client_lag: null },
  })
  assert.match(textReport(closed), /closed loop: 10 connections/)
  assert.match(textReport(closed), /coordinated\s+omission/)
  assert.doesNotMatch(textReport(closed), /intended start/)
})

test('where no answer told the time of the origin, the text says what asks for it', () => {
  assert.match(textReport(report()), /^origin, path +unknown; --origin=URL of the admin port/m)
  assert.match(textReport(report({ run: 'r' })), /^origin, path +unknown: no answer had/m)
  const told = report({ latency: { ...report().latency, origin: times(1, 2), path: times(9, 18) } })
  assert.doesNotMatch(textReport(told), /unknown/)
})

test('the HTML page asks for nothing and lets no text of the run become markup', () => {
  const html = htmlReport(report({ errors: { '</script><script>alert(1)</script>': 1 } }))
  assert.doesNotMatch(html, /<script>|<b>'|src=|href=/)
  assert.match(html, /http:\/\/a\/&lt;b&gt;/)
  const [, json = ''] = /id="report">([^<]*)</.exec(html) ?? []
  assert.equal((JSON.parse(json) as LoadReport).url, 'http://a/<b>')
})
