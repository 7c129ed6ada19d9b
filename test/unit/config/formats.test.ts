import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import {
  type Format,
  autoOrMiB,
  byteLimit,
  bytes,
  choice,
  cores,
  countLimit,
  duration,
  flag,
  host,
  kubernetesName,
  names,
  optional,
  port,
  text,
  workers,
} from '../../../app/config/formats.ts'
import { anyText } from './any-text.ts'

const never = ['', ' ', '-1', '1.5', '1e3', 'NaN', 'Infinity', 'auto ', '٣', 'constructor', '0x10']

/** Asserts what a format makes of texts. */
function assertParses<T>(format: Format<T>, expected: readonly (readonly [string, T])[]): void {
  for (const [given, value] of expected) assert.equal(format.parse(given), value, given)
}

function assertRefuses(format: Format<unknown>, texts: readonly string[]): void {
  for (const given of texts) assert.equal(format.parse(given), undefined, JSON.stringify(given))
}

test('a port is 0 to 65535', () => {
  assertParses(port, [
    ['0', 0],
    ['8080', 8080],
    ['65535', 65_535],
  ])
  assertRefuses(port, [...never, '65536', '99999999999', '80 '])
})

test('workers are auto or 1 to 256', () => {
  assertParses(workers, [
    ['auto', 'auto'],
    ['1', 1],
    ['256', 256],
  ])
  assertRefuses(workers, [...never, '0', '257', 'AUTO'])
})

test('a part of a heap is auto, or between its minimum and 64 GiB', () => {
  assertParses(autoOrMiB(2), [
    ['auto', 'auto'],
    ['2', 2],
    ['65536', 65_536],
  ])
  assertRefuses(autoOrMiB(2), [...never, '1', '65537', '64M'])
  assertRefuses(autoOrMiB(24), ['23'])
})

test('a name in Kubernetes may have a namespace', () => {
  for (const given of ['a', 'hpdummy-config', 'load/hpdummy.runtime', '1/2']) {
    assert.equal(kubernetesName.parse(given), given)
  }
  const refused = ['', '/', 'a/', '/a', 'A', 'a/b/c', 'a b', '-a', 'a-', 'a.b/c', '../x', 'a/..']
  assertRefuses(kubernetesName, [...refused, 'a'.repeat(254), `${'a'.repeat(64)}/b`])
})

test('cores are a fraction or thousandths, as Kubernetes writes them', () => {
  assertParses(cores, [
    ['2', 2],
    ['1.5', 1.5],
    ['1500m', 1.5],
    ['1024', 1024],
  ])
  assertRefuses(cores, ['', '0', '0m', '-1', '1025', '1e3', 'auto', '1.5 ', '1M', '.5'])
})

test('an absent optional value is shown as nothing', () => {
  const format = optional(bytes(0, 2048))
  assert.equal(format.show(undefined), undefined)
  assert.equal(format.show(1024), '1K')
  assertRefuses(format, ['4K'])
})

test('a flag is true or false, as a word or a digit', () => {
  assertParses(flag, [
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ])
  assertRefuses(flag, ['', 'TRUE', 'yes', '2', 'true '])
})

test('a flag is not a name that every object has', () => {
  assertRefuses(flag, ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'])
})

test('names are separated by commas, without blanks', () => {
  assert.equal(names.parse('gclid'), 'gclid')
  assert.equal(names.parse('gclid,a.b,x-y,_z,k:1'), 'gclid,a.b,x-y,_z,k:1')
  for (const given of ['', ',', 'a,', ',a', 'a,,b', 'a, b', 'a b', 'a=b', 'a&b']) {
    assert.equal(names.parse(given), undefined, given)
  }
})

test('a host is an address or a name', () => {
  for (const given of ['::', '::1', '0.0.0.0', '127.0.0.1', 'localhost', 'fe80::1%eth0']) {
    assert.equal(host.parse(given), given)
  }
  assertRefuses(host, ['', ' ', 'a b', 'a/b', '[::]', 'é', 'a\n'])
})

test('a duration is a time of any unit, in milliseconds when it is bare', () => {
  assertParses(duration, [
    ['0', 0],
    ['5', 5],
    ['250ms', 250],
    ['1.5h', 5_400_000],
  ])
  assertRefuses(duration, ['', '-1', '1e3', 'soon', '1 s', '1S'])
})

test('a size is between its bounds, both included', () => {
  const format = bytes(1024, 2048)
  assertParses(format, [
    ['1024', 1024],
    ['1K', 1024],
    ['2k', 2048],
  ])
  assertRefuses(format, [...never, '1023', '2049', '1M'])
  assert.equal(format.allowed, 'a size from 1K to 2K')
})

test('a size that is a limit may be none', () => {
  assertParses(byteLimit, [
    ['none', Number.POSITIVE_INFINITY],
    ['0', 0],
    ['10G', 10 * 2 ** 30],
  ])
  assertRefuses(byteLimit, [...never, 'NONE'])
  assert.equal(byteLimit.show(Number.POSITIVE_INFINITY), 'none')
})

test('a count takes thousands, not powers of 1024', () => {
  assertParses(countLimit, [
    ['0', 0],
    ['5000', 5000],
    ['10K', 10_000],
    ['10m', 10_000_000],
    ['1G', 1e9],
  ])
  assertRefuses(countLimit, [...never, '1T'])
})

test('a choice is exactly one of its words', () => {
  const format = choice('json', 'pretty')
  assert.equal(format.parse('json'), 'json')
  assertRefuses(format, ['', 'JSON', 'json ', 'constructor'])
  assert.equal(format.allowed, 'one of json, pretty')
})

test('any text is a text', () => {
  fc.assert(fc.property(anyText(), (given) => assert.equal(text.parse(given), given)))
})

const grammars = fc.oneof(
  fc.stringMatching(/^[0-9]{1,12}$/),
  fc.stringMatching(/^[0-9]{1,6}[KMGTkmgt]$/),
  fc.stringMatching(/^[0-9]{1,6}(ms|s|m|h)$/),
  fc.constantFrom('auto', 'none', 'true', 'false', '0', '1', '::', 'json'),
  anyText(6).filter((given) => !(given in {})),
)

function assertShown<T>(format: Format<T>, given: string): void {
  const value = format.parse(given)
  if (value === undefined) return
  const shown = format.show(value)
  assert.ok(shown !== undefined)
  assert.equal(format.parse(shown), value, `${given} is shown as ${shown}`)
}

test('the text of a format parses back to its value, for every whole number of milliseconds and every count', () => {
  const property = fc.property(grammars, (given) => {
    assertShown(port, given)
    assertShown(text, given)
    assertShown(host, given)
    assertShown(flag, given)
    assertShown(duration, given)
    assertShown(cores, given)
    assertShown(workers, given)
    assertShown(autoOrMiB(2), given)
    assertShown(bytes(0, Number.MAX_SAFE_INTEGER), given)
    assertShown(byteLimit, given)
    assertShown(choice('json', 'pretty'), given)
  })
  fc.assert(property, { numRuns: 1000 })
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      assert.equal(countLimit.parse(countLimit.show(value) ?? ''), value)
    }),
  )
})

test('every count that parses is shown as a text that parses', () => {
  for (const given of ['1000000000000', '999999999999K', '1000G', '999999999999G']) {
    const value = countLimit.parse(given)
    if (value === undefined) continue
    assert.equal(countLimit.parse(countLimit.show(value) ?? ''), value, given)
  }
})

test('a count is a number that counts exactly, as a size is', () => {
  assertRefuses(countLimit, ['999999999999G'])
})
