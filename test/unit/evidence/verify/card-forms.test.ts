// The card as JUnit's XML and as a page, and against an earlier one.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { againstBaseline, readBaseline } from '../../../../app/evidence/verify/baseline.ts'
import {
  type Card,
  type Line,
  type Result,
  cardJson,
  exitCodeOf,
} from '../../../../app/evidence/verify/card.ts'
import { cardHtml } from '../../../../app/evidence/verify/html.ts'
import { cardJunit } from '../../../../app/evidence/verify/junit.ts'
import { cardText } from '../../../../app/evidence/verify/terminal.ts'

const line = (id: string, result: Result, level: Line['level'] = 'must'): Line => ({
  id,
  group: 'H',
  title: `Title of ${id} & more`,
  level,
  result,
  rule: 'RFC 9110 5.3',
  sent: 'GET <x>',
  seen: result === 'pass' ? '' : 'a \u0001 "b"',
  why: 'because',
})

const cardOf = (lines: readonly Line[]): Card => ({
  url: 'http://proxy/?a&b',
  origin: 'http://origin:9000',
  direct: 'http://origin:8081',
  startedAt: new Date(0),
  seconds: 1.5,
  headroom: { ratio: 0.62, note: null },
  facts: {
    listener: 'wire',
    originVersion: '1.1',
    hasHttp2: false,
    isDirect: false,
    hasLedger: true,
    isCaching: false,
    names: ['Via: 1.1 <x>'],
  },
  lines,
})

const all = cardOf([
  line('H1', 'fail'),
  line('H2', 'warn'),
  line('H3', 'unknown'),
  line('H4', 'note'),
  line('H5', 'pass'),
  line('H6', 'skipped'),
])

test('exit codes: a fail is 1, an unknown MUST is 3, and nothing else counts', () => {
  assert.equal(exitCodeOf(all.lines), 1)
  assert.equal(exitCodeOf([line('H3', 'unknown'), line('H2', 'warn')]), 3)
  assert.equal(exitCodeOf([line('H3', 'unknown', 'note'), line('H2', 'warn')]), 0)
})

test('JUnit: fails are failures, unknowns errors; control characters are gone', () => {
  const xml = cardJunit(all)
  assert.match(xml, /<testsuite name="H: [^"]+" tests="6" failures="1" errors="1" skipped="1">/)
  assert.match(xml, /<failure message="a \ufffd &quot;b&quot; because" type="fail">/)
  assert.equal(xml.match(/<testcase /g)?.length, 6)
  assert.doesNotMatch(xml, /<x>|\?a&b/)
  assert.ok(!xml.includes('\u0001'))
})

test('the page needs nothing else, and shows text as text', () => {
  const html = cardHtml(all)
  assert.doesNotMatch(html, /<x>|src=|href="(?!#)|url\(/)
  assert.match(html, /<a href="#H1"/)
  for (const { id } of all.lines) assert.ok(html.includes(`id="${id}"`), id)
})

test('against a baseline only what changed fails', () => {
  const before = readBaseline(cardJson(cardOf([line('H1', 'fail'), line('H2', 'pass')])))
  const now = againstBaseline([line('H1', 'fail'), line('H2', 'fail')], before)
  assert.deepEqual(
    now.map(({ result }) => result),
    ['note', 'fail'],
  )
  assert.match(now[1]?.why ?? '', /^It was pass in the baseline/)
})

test('a file that is no baseline is refused with a sentence', () => {
  assert.throws(() => readBaseline('{'), /it is no JSON/)
  assert.throws(() => readBaseline('{}'), /it has no checks/)
  assert.throws(() => readBaseline('{"checks":[{"id":"H1"}]}'), /without id and result/)
})

test('every form says whether the origin was the bottleneck', () => {
  const paint = { hasColors: false, width: 500 }
  const busy = { ...all, headroom: { ratio: 0.042, note: 'machine busy elsewhere' } }
  const sentence = /bottleneck: its headroom went down to 4 % \(machine busy elsewhere\)/
  for (const form of [cardText(busy, paint), cardHtml(busy)]) assert.match(form, sentence)
  const told = JSON.parse(cardJson(busy)) as Readonly<Record<string, unknown>>
  assert.deepEqual(
    [told['headroom_least'], told['headroom_note']],
    [0.042, 'machine busy elsewhere'],
  )
  for (const form of [cardText(all, paint), cardHtml(all)]) {
    assert.match(form, /The origin had at least 62 % of its headroom\./)
  }
  assert.doesNotMatch(cardText({ ...all, headroom: undefined }, paint), /headroom/)
})

test('the terminal has what is wrong before what is right', () => {
  const text = cardText(all, { hasColors: false, width: 80 })
  assert.ok(text.indexOf('FAIL H1') < text.indexOf(' ok  H5'))
  assert.match(text, /Failed: H1/)
})
