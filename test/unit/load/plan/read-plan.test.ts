import assert from 'node:assert/strict'
import { test } from 'node:test'

import { numbered, requestText } from '../../../../app/load/http1/request-text.ts'
import type { Plan } from '../../../../app/load/plan/plan.ts'
import { readPlan } from '../../../../app/load/plan/read-plan.ts'
import { loadScenarios } from '../../../../app/load/plan/scenarios.ts'

function planOf(...argv: string[]): Plan {
  const read = readPlan(argv)
  if ('problems' in read) assert.fail(read.problems.join('\n'))
  return read.plan
}

function problemsOf(...argv: string[]): string {
  const read = readPlan(argv)
  if ('plan' in read) assert.fail(`${argv.join(' ')} was taken`)
  return read.problems.join('\n')
}

test('a URL alone is 100 requests a second for 10 s', () => {
  const { traffic, workers } = planOf('localhost:8080/a?b=c')
  assert.equal(traffic.target.url, 'http://localhost:8080/a?b=c')
  assert.equal(traffic.request.path, '/a?b=c')
  assert.equal(traffic.request.method, 'GET')
  assert.equal(workers, 1)
  assert.ok(traffic.schedule.kind === 'open')
  assert.deepEqual(traffic.schedule.stages, [{ durationMs: 10_000, from: 100, to: 100 }])
})

test('connections without a rate are a closed loop, with one they are its limit', () => {
  const closed = planOf('http://a', '--connections=50').traffic
  assert.deepEqual([closed.schedule.kind, closed.connections], ['closed', 50])
  const open = planOf('http://a', '--connections', '50', '--rate', '30/m').traffic
  assert.deepEqual([open.schedule.kind, open.connections], ['open', 50])
  assert.ok(open.schedule.kind === 'open')
  assert.equal(open.schedule.stages[0]?.to, 0.5)
})

test('stages go from rate to rate', () => {
  const { stages } = planOf('http://a', '--rate=10', '--stages=10s:100,0:50,1m:0')
  assert.deepEqual(stages, [
    { durationMs: 10_000, from: 10, to: 100 },
    { durationMs: 60_000, from: 50, to: 0 },
  ])
})

test('a load by name can be changed, and keeps the path of a URL that has one', () => {
  for (const name of Object.keys(loadScenarios)) {
    const { traffic } = planOf('http://a', `--scenario=${name}`)
    assert.equal(traffic.request.path, `/api/v1/compute/${name}`)
    assert.deepEqual(traffic.request.body, { kind: 'text', text: '{"number":{n%1000}}' })
    assert.match(
      String(requestText(traffic.request, traffic).head(1042)),
      /^X-Request-ID: load-1042\r$/m,
    )
    assert.deepEqual([traffic.schedule.kind, traffic.connections], ['closed', 500])
    assert.equal(traffic.schedule.requests, name === 'fast' ? 1_000_000 : 100_000)
    assert.ok(traffic.warmUp !== undefined)
    assert.equal(traffic.warmUp.requests, 1000)
  }
  const { traffic } = planOf('http://a/b', '--scenario', 'fast', '--requests=10', '-X', 'PUT')
  assert.deepEqual(
    [traffic.request.path, traffic.schedule.requests, traffic.request.method],
    ['/b', 10, 'PUT'],
  )
})

test('the ledger and the origin need a run, which is made up when it has no name', () => {
  assert.equal(planOf('http://a').traffic.run, undefined)
  for (const flag of ['--ledger=localhost:9000', '--origin=localhost:9000']) {
    assert.match(planOf('http://a', flag).traffic.run ?? '', /^load-\w{8}$/)
    assert.equal(planOf('http://a', flag, '--run=r.1').traffic.run, 'r.1')
  }
})

test('wrong words get the nearest right one, and what is allowed', () => {
  for (const [argv, says] of [
    [[], /^load: say what to load: use a URL such as/],
    [['ftp://a'], /"ftp:\/\/a" is no URL/],
    [['http://a', 'http://b'], /takes one URL; leave out http:\/\/b/],
    [['http://a', '--rat=1'], /--rat: there is no such flag of load; did you mean --rate\?/],
    [['http://a', '--rate'], /--rate: needs a value; use a rate/],
    [['http://a', '--rate=0'], /--rate: "0": use a rate above 0/],
    [['http://a', '--stages=10s'], /--stages: "10s": use times and rates/],
    [['http://a', '--stages=0:100'], /--stages: no stage takes any time/],
    [['http://a', '--header=a'], /--header: "a": use a header/],
    [['http://a', '--header=a: b\r\nc: d'], /--header: .*use a header/],
    [['http://a', '--fail=p9>1ms'], /there is no figure p9; did you mean p90\?/],
    [['http://a', '--fail=p99>fast'], /fast is no time such as 200ms/],
    [['http://a', '--fail=p99'], /use a figure, one of > >= < <=/],
    [['http://a', '--workers=1.5'], /--workers: "1.5": use a whole number from 1/],
    [['http://a', '--body=a', '--body-size=1K'], /--body and --body-size: a request has one body/],
    [['http://a', '--streams=2'], /only HTTP\/2 has streams/],
    [['http://a', '--scenario=fats'], /--scenario: "fats": use one of fast, intensive/],
  ] as const) {
    assert.match(problemsOf(...argv), says, argv.join(' '))
  }
})

test('an id that the request has itself is sent, and not that of the run', () => {
  const { traffic } = planOf('http://a', '--run=r', '-H', 'x-hp-id: mine-{n}')
  const lines = String(requestText(traffic.request, traffic).head(3)).split('\r\n')
  assert.deepEqual(
    lines.filter((line) => /^x-hp/i.test(line)),
    ['x-hp-id: mine-3', 'X-HP-Run: r'],
  )
})

test('the number of a request goes into its path, headers and body', () => {
  assert.equal(numbered('a{n}b{n%10}c{m}')(123), 'a123b3c{m}')
  const { traffic } = planOf(
    'http://a:81/x/{n%7}?y={n}',
    '--header=X-N: {n}',
    '--body=é{n}',
    '--run=r',
  )
  const { head, encoding } = requestText(traffic.request, traffic)
  assert.equal(encoding, 'utf8')
  assert.deepEqual(String(head(9)).split('\r\n'), [
    'POST /x/2?y=9 HTTP/1.1',
    'Host: a:81',
    'User-Agent: hpdummy-load',
    'X-N: 9',
    'X-HP-Run: r',
    'X-HP-Id: r-9',
    'Content-Length: 3',
    '',
    'é9',
  ])
})
