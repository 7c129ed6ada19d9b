import { type Duration, allowedDuration, scanDuration } from '../traffic/syntax/durations.ts'
import { Scanner, Unreadable } from '../traffic/syntax/scanner.ts'
import { formatBytes, formatDurationMs, parseBytes, parseDurationMs } from '../traffic/units.ts'
import type { Limits } from './endpoint.ts'

/**
 * One kind of parameter. `parse` returns the value, or undefined when the text is not valid; the listener then answers
 * 400 with `allowed`. `fallback` is the value when the parameter is left out; a codec without one is required.
 */
export interface Codec<T> {
  /** Completes "... is wrong; use ...": the accepted values, with an example. */
  readonly allowed: string
  readonly schema: Readonly<Record<string, unknown>>
  readonly fallback?: { readonly value: T }
  /** The value in the form of `schema`, for documents: a size as text, a number as a number. */
  show(value: T): string | number | boolean
  parse(text: string, limits: Limits): T | undefined
  /** Why a valid value is refused all the same, for example because of a limit. */
  refuse?(value: T, limits: Limits): string | undefined
}

/** The same codec with a value for when the parameter is absent. */
export function optional<T>(codec: Codec<T>, value: T): Codec<T> {
  const schema = { ...codec.schema, default: codec.show(value) }
  return { ...codec, schema, fallback: { value } }
}

/** The same codec, undefined when the parameter is absent. */
export function maybe<T>(codec: Codec<T>): Codec<T | undefined> {
  return { ...(codec as Codec<T | undefined>), fallback: { value: undefined } }
}

/** A payload size; the largest is the setting limits.payload, or less where the endpoint says so. */
export function size(maximumBytes = Number.MAX_SAFE_INTEGER): Codec<number> {
  return {
    allowed: 'an integer, or one with K, M, G or T (powers of 1024), such as 1K, 10M or 10000G',
    schema: { type: 'string', pattern: '^[0-9]{1,16}[KMGTkmgt]?$', examples: ['1K', '10M'] },
    show: formatBytes,
    parse: parseBytes,
    refuse(bytes, limits) {
      if (bytes > limits.payloadBytes) {
        return `is past limits.payload (${formatBytes(limits.payloadBytes)})`
      }
      return bytes > maximumBytes ? `is past ${formatBytes(maximumBytes)}` : undefined
    },
  }
}

/** A waiting time in milliseconds, a bare number or with a unit; the longest is limits.delay. */
export function duration(): Codec<number> {
  return {
    allowed: 'milliseconds, or a time such as 250ms, 1.5s or 2m',
    schema: { type: 'string', pattern: '^[0-9]{1,16}([.][0-9]{1,20})?(ns|us|ms|s|m|h)?$' },
    show: formatDurationMs,
    parse: (text) => parseDurationMs(text),
    refuse: pastDelay,
  }
}

/** A waiting time that may be a distribution, from which each wait is drawn; the longest it may name is limits.delay. */
export function drawnDuration(): Codec<Duration> {
  return {
    allowed: allowedDuration,
    schema: { type: 'string', examples: ['20ms', 'normal(20ms,5ms)', 'p50=10ms p99=200ms'] },
    show: ({ text }) => text,
    parse(text) {
      const scanner = new Scanner(text)
      try {
        const drawn = scanDuration(scanner)
        return scanner.isAtEnd ? drawn : undefined
      } catch (error) {
        if (error instanceof Unreadable) return undefined
        throw error
      }
    },
    refuse: ({ namedMs }, limits) => pastDelay(namedMs, limits),
  }
}

/** How many of something; the most is limits.count. */
export function count(minimum: 0 | 1): Codec<number> {
  return {
    allowed: `an integer from ${minimum} up`,
    schema: { type: 'integer', minimum },
    show: (value) => value,
    parse: (text) => parseInteger(text, minimum, Number.MAX_SAFE_INTEGER),
    refuse: (value, limits) =>
      value > limits.count ? `is past limits.count (${limits.count})` : undefined,
  }
}

/** A whole number between two, both included. */
export function integer(minimum: number, maximum: number): Codec<number> {
  return {
    allowed: `an integer from ${minimum} to ${maximum}`,
    schema: { type: 'integer', minimum, maximum },
    show: (value) => value,
    parse: (text) => parseInteger(text, minimum, maximum),
  }
}

/** True or false, in the words people use for them. */
export function flag(): Codec<boolean> {
  return {
    allowed: 'true or false (also 1, yes, on, 0, no, off)',
    schema: { type: 'boolean' },
    show: (value) => value,
    parse(text) {
      if (/^(?:true|1|yes|on)$/i.test(text)) return true
      if (/^(?:false|0|no|off)$/i.test(text)) return false
      return undefined
    },
  }
}

/** One of a few words, exactly as written. */
export function oneOf<const T extends string>(...values: readonly T[]): Codec<T> {
  return {
    allowed: values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`,
    schema: { type: 'string', enum: values },
    show: (value) => value,
    parse: (text) => values.find((value) => value === text),
  }
}

/** Any text of at least `minimum` characters. */
export function anyText(minimum: number): Codec<string> {
  return {
    allowed: minimum === 0 ? 'any text' : 'any text that is not empty',
    schema: { type: 'string', minLength: minimum },
    show: (value) => value,
    parse: (given) => (given.length >= minimum ? given : undefined),
  }
}

function pastDelay(ms: number, { delayMs }: Limits): string | undefined {
  return ms > delayMs ? `is past limits.delay (${formatDurationMs(delayMs)})` : undefined
}

function parseInteger(text: string, minimum: number, maximum: number): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined
  const value = Number(text)
  return value >= minimum && value <= maximum ? value : undefined
}
