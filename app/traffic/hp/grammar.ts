import type { Carrier, Fault, What } from '../faults/plan.ts'
import { behaviours, byteFaults } from '../faults/table.ts'
import { Scanner, Unreadable } from '../syntax/scanner.ts'
import {
  type When,
  allowedWhen,
  always,
  printWhen,
  refuseFraction,
  scanWhen,
} from '../syntax/when.ts'
import { formatDurationMs } from '../units.ts'

/** One of the values of a pair: what happens, and when. */
export interface Choice {
  readonly fault: Fault
  readonly what: What
  readonly when: When
}

/** One `name=value`. Of its choices the first that holds takes place; percentages share one draw. */
export interface Pair {
  readonly name: string
  readonly choices: readonly Choice[]
  /** Its counts are apart from those of the same text under another scope, or none (scopeHp). */
  readonly scope?: string
}

/** By what exchanges are counted (`hp-by`). */
export const countedBy = ['id', 'route', 'connection', 'client'] as const

export type CountedBy = (typeof countedBy)[number]

/** A text that says what an exchange is to suffer, as it was read. */
export interface Hp {
  readonly pairs: readonly Pair[]
  readonly by?: CountedBy
  /** What every random choice follows from. */
  readonly seed?: string
  /** What is drawn from the seed is counted apart likewise. */
  readonly seedScope?: string
  /** How many exchanges may suffer at once. */
  readonly maxActive?: number
  /** When what is set at run time goes by itself; what a request asks for has none. */
  readonly ttlMs?: number
}

/** A text with a mistake: the message shows the text with a caret under the first wrong character. */
export class HpProblem extends Error {}

/** Names whose pairs add up; of all others the last counts. */
const repeatable: ReadonlySet<string> = new Set(['header', 'fault'])

const named = byWord(behaviours)
const byteNamed = byWord(byteFaults)

/** Every name that a pair may have. */
export const pairNames: readonly string[] = [
  ...behaviours.map(({ name }) => name),
  'fault',
  'by',
  'seed',
  'max-active',
  'ttl',
]

/** Reads `name=value; name=value`. Throws HpProblem. */
export function parseHp(text: string): Hp {
  const scanner = new Scanner(text)
  try {
    const parts: Partial<Hp>[] = []
    scanner.take(gaps)
    while (!scanner.isAtEnd) {
      parts.push(scanNamed(scanner))
      scanner.take(spaces)
      if (!scanner.isAtEnd && !scanner.skip(';')) scanner.fail('; between pairs')
      scanner.take(gaps)
    }
    return parts.reduce<Hp>((sum, part) => join(sum, part), { pairs: [] })
  } catch (error) {
    throw shown(text, error)
  }
}

/** Reads the value of one name, as it comes in a query. Throws HpProblem. */
export function parsePair(name: string, value: string): Partial<Hp> {
  const prefix = `${name}=`
  const scanner = new Scanner(prefix + value)
  try {
    const part = scanNamed(scanner)
    if (!scanner.isAtEnd) scanner.fail('nothing more')
    return part
  } catch (error) {
    throw shown(scanner.text, error)
  }
}

/** Both; where both have a name, `over` has it. */
export function mergeHp(over: Hp, under: Hp): Hp {
  const names = new Set(over.pairs.map(({ name }) => name))
  const kept = under.pairs.filter(({ name }) => !names.has(name))
  // A scope belongs to its seed.
  const { seedScope: _, ...unscoped } = under
  const base = over.seed === undefined ? under : unscoped
  return { ...base, ...over, pairs: [...kept, ...over.pairs] }
}

/** The same with counts of its own: under another scope all of them begin again, and so do the draws of a seed. */
export function scopeHp(hp: Hp, scope: string): Hp {
  const pairs = hp.pairs.map((pair) => ({ ...pair, scope }))
  return { ...hp, pairs, ...(hp.seed !== undefined && { seedScope: scope }) }
}

/** The text again, in its plainest form; reads as the same. */
export function printHp({ pairs, by, seed, maxActive, ttlMs }: Hp): string {
  return [
    ...pairs.map((pair) => printPair(pair)),
    ...(by === undefined ? [] : [`by=${by}`]),
    ...(seed === undefined ? [] : [`seed=${seed}`]),
    ...(maxActive === undefined ? [] : [`max-active=${maxActive}`]),
    ...(ttlMs === undefined ? [] : [`ttl=${formatDurationMs(ttlMs)}`]),
  ].join('; ')
}

/** One pair as it is written. */
export function printPair({ name, choices }: Pair): string {
  return `${name}=${choices.map((choice) => printChoice(name, choice)).join(',')}`
}

/** What happens, without its chance: `delay=2ms`, `fault=reset@headers`. */
export function printDone({ fault, what }: Choice): string {
  return isByteFault(fault) ? `fault=${fault.name}${what.text}` : `${fault.name}=${what.text}`
}

/** The faults of a text that a carrier cannot carry out. */
export function unfitFor({ pairs }: Hp, carrier: Carrier): readonly Fault[] {
  const faults = pairs.flatMap(({ choices }) => choices.map(({ fault }) => fault))
  return faults.filter(({ carriers }) => !carriers.includes(carrier))
}

function printChoice(name: string, { fault, what, when }: Choice): string {
  const word = name === 'fault' ? fault.name : ''
  return `${word}${what.text}${printWhen(when)}`
}

function isByteFault(fault: Fault): boolean {
  return byteFaults.includes(fault)
}

function join(sum: Hp, part: Partial<Hp>): Hp {
  const added = part.pairs ?? []
  const replaced = new Set(added.map(({ name }) => name).filter((name) => !repeatable.has(name)))
  const pairs = [...sum.pairs.filter(({ name }) => !replaced.has(name)), ...added]
  return { ...sum, ...part, pairs }
}

/** Adds up what several pairs of a query say. */
export function joinAll(parts: readonly Partial<Hp>[]): Hp {
  return parts.reduce<Hp>((sum, part) => join(sum, part), { pairs: [] })
}

const gaps = /[\s;]+/y
const spaces = /\s+/y
const words = /[\w-]+/y
const seeds = /[\w.-]{1,64}/y

function scanNamed(scanner: Scanner): Partial<Hp> {
  const { at } = scanner
  const word = scanner.take(words) ?? ''
  // As it is written in a query: hp-delay=10ms.
  const name = normal(word).replace(/^hp(?=.)/, '')
  const fault = named.get(name)
  const isKnown = fault !== undefined || otherNames.has(name)
  if (!isKnown) scanner.fail(`one of the names ${pairNames.join(', ')}`, at)
  scanner.take(spaces)
  scanner.expect('=', `= after ${word}`)
  scanner.take(spaces)
  if (fault !== undefined) return { pairs: [scanPair(scanner, fault.name, () => fault)] }
  switch (name) {
    case 'fault':
      return { pairs: [scanPair(scanner, 'fault', () => scanByteFault(scanner))] }
    case 'by':
      return { by: scanBy(scanner) }
    case 'seed':
      return { seed: scanner.take(seeds) ?? scanner.fail('1 to 64 letters, digits, ., _ or -') }
    case 'ttl':
      return { ttlMs: scanTtl(scanner) }
    default:
      return { maxActive: scanner.integer([1, 999_999_999]) }
  }
}

const otherNames: ReadonlySet<string> = new Set(['fault', 'by', 'seed', 'maxactive', 'ttl'])

function scanTtl(scanner: Scanner): number {
  const { at } = scanner
  const ms = scanner.durationMs()
  return ms >= 1 ? ms : scanner.fail('a time of 1ms or more', at)
}

function scanBy(scanner: Scanner): CountedBy {
  const { at } = scanner
  const word = scanner.take(words)
  return countedBy.find((known) => known === word) ?? scanner.fail(countedBy.join(', '), at)
}

function scanPair(scanner: Scanner, name: string, pick: () => Fault): Pair {
  const choices: Choice[] = []
  const { at } = scanner
  do {
    scanner.take(spaces)
    choices.push(scanChoice(scanner, pick()))
  } while (scanner.skip(','))
  const percent = choices.reduce(
    (sum, { when }) => sum + (when.kind === 'percent' ? when.percent : 0),
    0,
  )
  // Percentages such as 33.3 add up to a little more than they should.
  if (percent > 100 + 1e-6) scanner.fail('percentages that add up to 100 at most', at)
  return { name, choices }
}

function scanChoice(scanner: Scanner, fault: Fault): Choice {
  const what = fault.scan(scanner)
  if (what.when !== undefined) return { fault, what, when: what.when }
  refuseFraction(scanner)
  const when = scanner.skip(':') ? scanWhen(scanner) : always
  if (!scanner.isAtEnd && !/[\s,;]/.test(scanner.text.charAt(scanner.at))) {
    scanner.fail(
      when === always ? `a colon and ${allowedWhen}; or a comma` : 'a comma and another value',
    )
  }
  return { fault, what, when }
}

function scanByteFault(scanner: Scanner): Fault {
  const { at } = scanner
  // A word ends at a dash only where a number follows: garbage-after=12, 1xx=102x50.
  const word = scanner.take(words) ?? ''
  const fault = byteNamed.get(normal(word))
  if (fault !== undefined) return fault
  return scanner.fail(`one of the faults ${byteFaults.map(({ name }) => name).join(', ')}`, at)
}

function byWord(rows: readonly Fault[]): ReadonlyMap<string, Fault> {
  return new Map(
    rows.flatMap((row) => [row.name, ...(row.aliases ?? [])].map((word) => [normal(word), row])),
  )
}

/** Words are the same whatever their case, dashes and underscores. */
function normal(word: string): string {
  return word.toLowerCase().replaceAll(/[_-]/g, '')
}

// How much of a long text is shown on either side of the mistake.
const shownAround = 60

function shown(text: string, error: unknown): unknown {
  if (!(error instanceof Unreadable)) return error
  const from = Math.max(0, error.at - shownAround)
  const part = text.slice(from, error.at + shownAround).replaceAll(/[^\x20-\x7e±]/g, '?')
  return new HpProblem(`${part}\n${' '.repeat(error.at - from)}^ use ${error.allowed}`)
}
