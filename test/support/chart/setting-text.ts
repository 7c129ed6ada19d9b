import { parseBytes } from '../../../app/traffic/units.ts'

/** What may be written for a setting: as text in a ConfigMap, and as YAML in the chart's values. */
export interface SettingText {
  /** For all of the text, in the dialect that JavaScript and RE2 (CEL, Helm) share; '' for any text. */
  readonly pattern: string
  readonly schema: object
}

const anyText: SettingText = { pattern: '', schema: { type: 'string' } }

const oneHost = '([\\w.-]+|\\[[0-9a-fA-F:.]+\\])(:[0-9]{1,5})?'

// A setting says what it allows in a sentence that people read; the chart holds it to that sentence.
const sentences: readonly (readonly [RegExp, (match: RegExpExecArray) => SettingText])[] = [
  [/^any text$/, () => anyText],
  // Grammars that no pattern can hold a text to: the program says what is wrong.
  [/^pairs such as delay|^a scenario in YAML or JSON/, () => anyText],
  [
    /^true or false$/,
    () => ({ pattern: '^(true|false|on|off|1|0)$', schema: { type: 'boolean' } }),
  ],
  [/^one line of visible ASCII characters$/, () => text('[!-~]([ -~]*[!-~])?')],
  [/^the name of a header/, () => text("[\\w!#$%&'*+.^`|~-]{1,128}")],
  [/^a name such as .*, or hosts such as /, () => text(`${oneHost}(,${oneHost})*`)],
  [/^up to 253 visible ASCII characters/, () => text('[!-~]{1,253}')],
  [/^one of (.+)$/, ([, words = '']) => choice(words.split(', '))],
  [/^names with commas between them/, () => text('[\\w.~:-]+(,[\\w.~:-]+)*')],
  [/^an address to listen on/, () => text('[\\w.:%-]+')],
  [/^a name such as .*, or namespace\/name$/, () => text('([a-z0-9-]+/)?[a-z0-9.-]+')],
  [/^cores such as .*, up to (\d+)$/, () => text('[0-9]{1,7}(\\.[0-9]{1,6})?m?')],
  [/^a port from 0 \S+ \S+ \S+ to 65535$/, () => port()],
  [/^a port from 0 \S+ \S+ \S+ to 65535, or none$/, () => portOrNone()],
  [/^a time such as/, () => orBare('[0-9]{1,16}(\\.[0-9]{1,20})?(ns|us|ms|s|m|h)?')],
  [/^a size such as .*, or none$/, () => orBare('none|[0-9]{1,16}[KMGTkmgt]?')],
  [/^a count such as/, () => orBare('[0-9]{1,16}[KMGkmg]?')],
  [/^a size from (\w+) to (\w+)$/, ([, low = '', high = '']) => size(bytes(low), bytes(high))],
  [
    /^auto, or a size from (\w+) to (\w+)$/,
    ([, low = '', high = '']) => orAuto(size(bytes(low), bytes(high))),
  ],
  [/^an integer from (\d+) to (\d+)$/, ([, low, high]) => integer(low, high)],
  [/ \(percent\), or one alone for always; known are (.+)$/, ([, words]) => chances(words)],
  [/^\*, or an origin such as /, () => text('(\\*|https?://[\\w.:\\[\\]-]+)')],
  [/^auto, or (?:an integer|MiB) from (\d+) to (\d+)$/, ([, low, high]) => auto(low, high)],
]

/** The text that a setting with this sentence takes, or undefined when the sentence is new here. */
export function settingText(allowed: string): SettingText | undefined {
  for (const [sentence, make] of sentences) {
    const match = sentence.exec(allowed)
    if (match !== null) return make(match)
  }
  return undefined
}

function text(pattern: string): SettingText {
  return { pattern: `^${pattern}$`, schema: { type: 'string', pattern: `^${pattern}$` } }
}

function choice(words: readonly string[]): SettingText {
  // A word of digits is a number in YAML.
  const numbers = words.filter((word) => /^\d+$/.test(word)).map(Number)
  return {
    pattern: `^(${words.map(literal).join('|')})$`,
    schema: { enum: [...words, ...numbers] },
  }
}

function literal(word: string): string {
  return word.replaceAll('.', '\\.')
}

function port(): SettingText {
  // 0, any free one, is for tests: a Service must know the number.
  const schema = { type: 'integer', minimum: 1, maximum: 65_535 }
  return { pattern: `^(${decimals(0, 65_535)})$`, schema }
}

function portOrNone(): SettingText {
  const { pattern, schema } = port()
  return {
    pattern: pattern.replace('^(', '^(none|'),
    schema: { anyOf: [{ const: 'none' }, schema] },
  }
}

function integer(low = '', high = ''): SettingText {
  const [minimum, maximum] = [Number(low), Number(high)]
  return {
    pattern: `^(${decimals(minimum, maximum)})$`,
    schema: { type: 'integer', minimum, maximum },
  }
}

// No pattern can add: percentages that make more than 100 together are left to the program.
function chances(words = ''): SettingText {
  const word = `(${words.replaceAll(', ', '|')})`
  const percent = ':(0?[0-9]{1,2}(\\.[0-9]{1,9})?|100(\\.0{1,9})?)'
  return text(`(${word}(${percent})?|${word}${percent}(,${word}${percent})+)`)
}

function orBare(pattern: string): SettingText {
  const whole = `^(${pattern})$`
  return {
    pattern: whole,
    schema: {
      anyOf: [
        { type: 'string', pattern: whole },
        { type: 'integer', minimum: 0 },
      ],
    },
  }
}

function auto(low = '', high = ''): SettingText {
  const [minimum, maximum] = [Number(low), Number(high)]
  return {
    pattern: `^(auto|${decimals(minimum, maximum)})$`,
    schema: { anyOf: [{ const: 'auto' }, { type: 'integer', minimum, maximum }] },
  }
}

function orAuto({ pattern, schema }: SettingText): SettingText {
  return {
    pattern: pattern.replace('^(', '^(auto|'),
    schema: { anyOf: [{ const: 'auto' }, schema] },
  }
}

function size(minimum: number, maximum: number): SettingText {
  const units = ['', 'K', 'M', 'G', 'T'].map((unit, power) => {
    const [low, high] = [Math.ceil(minimum / 1024 ** power), Math.floor(maximum / 1024 ** power)]
    const letter = unit === '' ? '' : `[${unit}${unit.toLowerCase()}]`
    return low > high ? '' : `(${decimals(low, high)})${letter}`
  })
  const pattern = `^(${units.filter((unit) => unit !== '').join('|')})$`
  return {
    pattern,
    schema: {
      anyOf: [
        { type: 'string', pattern },
        { type: 'integer', minimum, maximum },
      ],
    },
  }
}

function bytes(written: string): number {
  const parsed = parseBytes(written)
  if (parsed === undefined) throw new Error(`${written} is no size`)
  return parsed
}

/**
 * A pattern for the integers from `low` to `high`, without leading zeros: schemas and CEL can compare
 * text with a pattern, and not the number in it.
 */
export function decimals(low: number, high: number): string {
  const blocks: string[] = []
  let from = low
  while (from <= high) {
    const zeros = zerosOfBlock(from, high)
    const ten = 10 ** zeros
    const digit = Math.floor(from / ten) % 10
    const more = Math.min(9 - digit, Math.floor((high - from + 1) / ten) - 1)
    const prefix = Math.floor(from / ten / 10)
    const digits = more === 0 ? String(digit) : `[${digit}-${digit + more}]`
    const rest = ['', '[0-9]'][zeros] ?? `[0-9]{${zeros}}`
    blocks.push(`${prefix === 0 ? '' : prefix}${digits}${rest}`)
    from += (more + 1) * ten
  }
  return blocks.join('|')
}

/** How many digits are free in the largest block of tens that begins here and ends before `high`. */
function zerosOfBlock(from: number, high: number): number {
  // 0 itself has no digits after it.
  if (from === 0) return 0
  let zeros = 0
  while (from % 10 ** (zeros + 1) === 0 && from + 10 ** (zeros + 1) - 1 <= high) zeros++
  return zeros
}
