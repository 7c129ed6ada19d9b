import { parseChances } from '../traffic/chance.ts'
import { HpProblem, parseHp } from '../traffic/hp/grammar.ts'
import { ScenarioProblem } from '../traffic/scenario-document.ts'
import { formatBytes, formatDurationMs, parseBytes, parseDurationMs } from '../traffic/units.ts'
import { readScenarioText } from './scenario-text.ts'

/** How the text of a setting becomes its value, and the value its text. */
export interface Format<T> {
  /** Completes "use ...". */
  readonly allowed: string
  /** The same in a list that explains units once; where it is missing, `allowed` is short enough. */
  readonly brief?: string
  /** The words that it accepts, for shell completion. */
  readonly words?: readonly string[]
  /** Completes "use ..." for a text that allows a more exact answer. */
  why?(text: string): string | undefined
  /** The value, or undefined when the text (or YAML scalar as text) is not valid. */
  parse(text: string): T | undefined
  /** The text that parses back to the value; undefined when there is no such text. */
  show(value: T): string | undefined
}

/** A TCP port. */
export const port: Format<number> = {
  allowed: 'a port from 0 (any free one) to 65535',
  brief: 'a port',
  parse: (text) => within(text, 0, 65535),
  show: String,
}

/** The port of a listener that can be left closed. */
export const portOrNone: Format<number | 'none'> = {
  allowed: 'a port from 0 (any free one) to 65535, or none',
  brief: 'a port, or none',
  words: ['none'],
  parse: (given) => (given === 'none' ? 'none' : within(given, 0, 65535)),
  show: String,
}

/** A text that is used as it is, such as a path. */
export const text: Format<string | undefined> = {
  allowed: 'any text',
  parse: (given) => given,
  show: (value) => value,
}

/** A name that evidence headers carry to identify the origin. */
export const identityText: Format<string | undefined> = {
  allowed: 'up to 253 visible ASCII characters, such as hpdummy-7d9f-x2x4z',
  parse: (given) => (/^[!-~]{1,253}$/.test(given) ? given : undefined),
  show: (value) => value,
}

/** A secret for an Authorization header, which can carry no other characters. */
export const token: Format<string | undefined> = {
  allowed: 'one line of visible ASCII characters',
  parse: (given) => (/^[!-~](?:[ -~]*[!-~])?$/.test(given) ? given : undefined),
  show: (value) => value,
}

/** Names with commas between them. */
export const names: Format<string | undefined> = {
  allowed: 'names with commas between them, such as gclid,fbclid',
  parse: (given) => (/^[\w.~:-]+(?:,[\w.~:-]+)*$/.test(given) ? given : undefined),
  show: (value) => value,
}

/** The name of a header (RFC 9110 5.1). */
export const headerName: Format<string> = {
  allowed: 'the name of a header, such as X-HP-Id, X-Request-ID or traceparent',
  parse: (given) => (/^[\w!#$%&'*+.^`|~-]{1,128}$/.test(given) ? given : undefined),
  show: (value) => value,
}

/** Hosts, each with a port or without, with commas between them. */
export const hosts: Format<string | undefined> = {
  allowed: 'a name such as hpdummy-headless, or hosts such as 10.0.0.7:9000,[fd00::7]:9000',
  parse: (given) => (hostList.test(given) ? given : undefined),
  show: (value) => value,
}

const hostList =
  /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?(?:,(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?)*$/

/** Origins whose scripts may read answers, as browsers name sites (RFC 6454). */
export const webOrigin: Format<string | undefined> = {
  allowed: '*, or an origin such as https://app.example.com or http://localhost:3000',
  parse: (given) => (/^(?:\*|https?:\/\/[\w.:[\]-]+)$/.test(given) ? given : undefined),
  show: (value) => value,
}

/** An address to listen on. */
export const host: Format<string> = {
  allowed: 'an address to listen on, such as :: or 127.0.0.1',
  parse: (given) => (/^[\w.:%-]+$/.test(given) ? given : undefined),
  show: (value) => value,
}

// RFC 1123: a namespace is a label, a ConfigMap's name may have dots.
const kubernetesNames =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/)?[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/

/** Name of an object in Kubernetes, or namespace/name. */
export const kubernetesName: Format<string | undefined> = {
  allowed: 'a name such as hpdummy-config, or namespace/name',
  parse: (given) => (kubernetesNames.test(given) ? given : undefined),
  show: (value) => value,
}

/** True or false; on and off, which are usual for kernel options, are accepted, too. */
export const flag: Format<boolean> = {
  allowed: 'true or false',
  words: ['true', 'false'],
  parse(given) {
    if (given === 'true' || given === '1' || given === 'on') return true
    return given === 'false' || given === '0' || given === 'off' ? false : undefined
  },
  show: String,
}

/** A time, in milliseconds when bare. */
export const duration: Format<number> = {
  allowed: 'a time such as 250ms, 10s or 1h; a bare number is in milliseconds',
  brief: 'a time',
  parse: (given) => parseDurationMs(given),
  show: formatDurationMs,
}

/** Workers: a number, or `auto`. */
export const workers: Format<number | 'auto'> = {
  allowed: 'auto, or an integer from 1 to 256',
  words: ['auto'],
  parse: (given) => (given === 'auto' ? 'auto' : within(given, 1, 256)),
  show: String,
}

/** Cores as Kubernetes writes them; 0 and less are refused. */
export const cores: Format<number | undefined> = {
  allowed: 'cores such as 2, 1.5 or 1500m, up to 1024',
  parse(given) {
    const match = /^(\d{1,7}(?:\.\d{1,6})?)(m?)$/.exec(given)
    const value = Number(match?.[1]) / (match?.[2] === 'm' ? 1000 : 1)
    return value > 0 && value <= 1024 ? value : undefined
  },
  show: (value) => value?.toString(),
}

/** The same, with no value as the default. */
export function optional<T>(format: Format<T>): Format<T | undefined> {
  return {
    ...format,
    show: (value) => (value === undefined ? undefined : format.show(value)),
  }
}

/** A part of a heap in MiB, or `auto`; with an old generation of 8 MiB a worker does not even start. */
export function autoOrMiB(minimum: number): Format<number | 'auto'> {
  return {
    allowed: `auto, or MiB from ${minimum} to 65536`,
    words: ['auto'],
    parse: (given) => (given === 'auto' ? 'auto' : within(given, minimum, 65_536)),
    show: String,
  }
}

/** A count between two, or `auto`. */
export function autoOrCount(minimum: number, maximum: number): Format<number | 'auto'> {
  return {
    allowed: `auto, or an integer from ${minimum} to ${maximum}`,
    words: ['auto'],
    parse: (given) => (given === 'auto' ? 'auto' : within(given, minimum, maximum)),
    show: String,
  }
}

/** A size between two, or `auto`. */
export function autoOrBytes(minimum: number, maximum: number): Format<number | 'auto'> {
  return {
    allowed: `auto, or a size from ${formatBytes(minimum)} to ${formatBytes(maximum)}`,
    words: ['auto'],
    parse: (given) => (given === 'auto' ? 'auto' : between(parseBytes(given), minimum, maximum)),
    show: (value) => (value === 'auto' ? value : formatBytes(value)),
  }
}

/** A size between two, as in `64K to 4M`. */
export function bytes(minimum: number, maximum: number): Format<number> {
  return {
    allowed: `a size from ${formatBytes(minimum)} to ${formatBytes(maximum)}`,
    parse: (given) => between(parseBytes(given), minimum, maximum),
    show: formatBytes,
  }
}

/** A size that limits what a client may ask for; `none` is no limit, which is Infinity. */
export const byteLimit: Format<number> = {
  allowed: 'a size such as 256K or 10G, or none',
  brief: 'a size, or none',
  words: ['none'],
  parse: (given) => (given === 'none' ? Number.POSITIVE_INFINITY : parseBytes(given)),
  show: (value) => (value === Number.POSITIVE_INFINITY ? 'none' : formatBytes(value)),
}

/** A count that limits what a client may ask for, with the suffixes of sizes but in thousands. */
export const countLimit: Format<number> = {
  allowed: 'a count such as 5000, 10K or 10M (thousands)',
  brief: 'a count',
  parse(given) {
    const match = /^(\d{1,16})([KMG]?)$/i.exec(given)
    const unit = { '': 1, K: 1e3, M: 1e6, G: 1e9 }[(match?.[2] ?? '').toUpperCase()]
    const value = Number(match?.[1]) * (unit ?? 1)
    return Number.isSafeInteger(value) ? value : undefined
  },
  show: String,
}

/** A plain number between two. */
export function integer(minimum: number, maximum: number): Format<number> {
  return {
    allowed: `an integer from ${minimum} to ${maximum}`,
    parse: (given) => within(given, minimum, maximum),
    show: String,
  }
}

/**
 * Words with percentages, as in `UNAVAILABLE:5,INTERNAL:1`; a word alone is always. Kept as text, which is parsed again
 * where it is drawn (traffic/chance.ts).
 */
export function chances(what: string, words: readonly string[]): Format<string | undefined> {
  const known = (word: string): string | undefined => words.find((one) => one === word)
  return {
    allowed: `${what} such as ${words
      .slice(0, 2)
      .map((word) => `${word}:5`)
      .join(',')} (percent), or one alone for always; known are ${words.join(', ')}`,
    words,
    parse: (given) => (parseChances(given, known) === undefined ? undefined : given),
    show: (value) => value,
  }
}

/** A text of the hp grammar (traffic/hp/grammar.ts). Kept as text, because settings are copied between threads. */
export const hp: Format<string | undefined> = {
  allowed: 'pairs such as delay=10ms:5; status=503:1',
  why: (given) => problemOf(given),
  parse: (given) => (problemOf(given) === undefined ? given : undefined),
  show: (value) => value,
}

/** A scenario (traffic/scenario.ts), kept as text for the same reason. */
export const scenario: Format<string | undefined> = {
  allowed: 'a scenario in YAML or JSON, such as {name: outage, steps: [{hp: status=503}]}',
  why: (given) => scenarioProblem(given),
  parse: (given) => (scenarioProblem(given) === undefined ? given : undefined),
  show: (value) => value,
}

function scenarioProblem(given: string): string | undefined {
  try {
    readScenarioText(given)
    return undefined
  } catch (error) {
    if (error instanceof ScenarioProblem) return `a scenario (${error.message})`
    throw error
  }
}

function problemOf(given: string): string | undefined {
  try {
    parseHp(given)
    return undefined
  } catch (error) {
    if (error instanceof HpProblem) return `what is right at the caret:\n${error.message}\n`
    throw error
  }
}

/** One of a few words. */
export function choice<const T extends string>(...values: readonly T[]): Format<T> {
  return {
    allowed: `one of ${values.join(', ')}`,
    words: values,
    parse: (given) => values.find((value) => value === given),
    show: (value) => value,
  }
}

function within(given: string, minimum: number, maximum: number): number | undefined {
  return /^\d{1,9}$/.test(given) ? between(Number(given), minimum, maximum) : undefined
}

function between(value: number | undefined, minimum: number, maximum: number): number | undefined {
  return value !== undefined && value >= minimum && value <= maximum ? value : undefined
}
