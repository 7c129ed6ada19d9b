import { parseBytes, parseDurationMs } from '../units.ts'

/** A text that cannot be read: the place of the first wrong character, and what is allowed there. */
export class Unreadable extends Error {
  readonly at: number
  readonly allowed: string

  constructor(at: number, allowed: string) {
    super(allowed)
    this.at = at
    this.allowed = allowed
  }
}

/** Reads a text from left to right. Whatever does not fit throws Unreadable with its place. */
export class Scanner {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get isAtEnd(): boolean {
    return this.at === this.text.length
  }

  /** Takes what a sticky pattern matches here, if it does. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.text)
    if (match === null) return undefined
    this.at += match[0].length
    return match[0]
  }

  /** Takes these characters if they come next. */
  skip(characters: string): boolean {
    if (!this.text.startsWith(characters, this.at)) return false
    this.at += characters.length
    return true
  }

  expect(characters: string, allowed: string): void {
    if (!this.skip(characters)) this.fail(allowed)
  }

  /** An integer between two, both included. */
  integer([minimum, maximum]: readonly [minimum: number, maximum: number]): number {
    return this.#value(
      integers,
      (text) => {
        const value = Number(text)
        return value >= minimum && value <= maximum ? value : undefined
      },
      `an integer from ${minimum} to ${maximum}`,
    )
  }

  /** A decimal number. */
  decimal(allowed: string): number {
    return this.#value(decimals, Number, allowed)
  }

  /** Bytes: an integer, or one with K, M, G or T. */
  bytes(): number {
    const bytes = this.#value(sizes, parseBytes, 'a number of bytes, such as 1024, 64K or 1M')
    this.#refuseUnit('K, M, G or T (powers of 1024)')
    return bytes
  }

  /** Milliseconds: a number with a unit, or a bare number of milliseconds. */
  durationMs(): number {
    const ms = this.#value(durations, parseTime, 'a time, such as 250ms or 1.5s')
    this.#refuseUnit('one of the units ns, us, ms, s, m and h')
    return ms
  }

  /** Throws: what stands here is wrong. */
  fail(allowed: string, at = this.at): never {
    throw new Unreadable(at, allowed)
  }

  /** A letter that stands where a unit may stand. */
  #refuseUnit(allowed: string): void {
    if (/[a-z]/i.test(this.text.charAt(this.at))) this.fail(allowed)
  }

  #value(pattern: RegExp, parse: (text: string) => number | undefined, allowed: string): number {
    const { at } = this
    const text = this.take(pattern)
    const value = text === undefined ? undefined : parse(text)
    return value ?? this.fail(allowed, at)
  }
}

const integers = /\d{1,9}/y
const decimals = /\d{1,9}(?:\.\d{1,9})?/y
const sizes = /\d{1,16}[KMGTkmgt]?/y
const durations = /\d{1,16}(?:\.\d{1,20})?(?:ns|us|ms|s|m|h)?/y

// Without the second parameter, the unit of a bare number.
function parseTime(text: string): number | undefined {
  return parseDurationMs(text)
}
