import { guess } from '../../nearest.ts'
import { type LoadFlagName, type LoadFlagValues, loadFlags } from './flags.ts'

/** The command line of `hpdummy load`, taken apart. */
export interface LoadWords {
  readonly values: LoadFlagValues
  /** Words that belong to no flag. */
  readonly loose: readonly string[]
  readonly problems: readonly string[]
}

/** `--warm-up` for warmUp. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (hump) => `-${hump.toLowerCase()}`)}`
}

const names = Object.keys(loadFlags) as LoadFlagName[]
const namesByFlag = new Map<string, LoadFlagName>(
  names.flatMap((name) => {
    const { short } = rowOf(name)
    const long = [flagOf(name), name] as const
    return short === undefined ? [long] : [long, [short, name] as const]
  }),
)

/** What is known of a flag, whatever its values are. */
export interface LoadFlag {
  readonly doc: string
  readonly value?: string
  readonly short?: string
  readonly isRepeatable?: boolean
  readonly words?: readonly string[]
  readonly allowed: string
  readonly parse: (text: string) => unknown
  readonly why?: (text: string) => string | undefined
}

/** The row of a flag. */
export function rowOf(name: LoadFlagName): LoadFlag {
  return loadFlags[name]
}

/** Reads flags and their values; every problem is a sentence. A flag that is not repeatable counts as it was last given. */
export function readWords(argv: readonly string[]): LoadWords {
  const values: Partial<Record<LoadFlagName, unknown[]>> = {}
  const loose: string[] = []
  const problems: string[] = []
  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith('-') || word === '-') {
      loose.push(word)
      continue
    }
    const [flag, given] = split(word)
    const name = namesByFlag.get(flag)
    if (name === undefined) {
      problems.push(unknownFlag(flag))
      // What follows is most likely its value, and no problem of its own.
      if (given === undefined && words.length > 1 && words[0]?.startsWith('-') === false)
        words.shift()
      continue
    }
    const value = given ?? valueAfter(name, words)
    const read = readValue(name, flag, value)
    if ('problem' in read) problems.push(read.problem)
    else values[name] = [...((rowOf(name).isRepeatable && values[name]) || []), read.value]
  }
  // Each value came out of the flag's own `parse`.
  return { values: values as LoadFlagValues, loose, problems }
}

function split(word: string): [flag: string, value: string | undefined] {
  const equals = word.startsWith('--') ? word.indexOf('=') : -1
  return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)]
}

function valueAfter(name: LoadFlagName, words: string[]): string | undefined {
  if (rowOf(name).value !== undefined) return words.shift()
  return words[0] === 'true' || words[0] === 'false' ? words.shift() : 'true'
}

function readValue(
  name: LoadFlagName,
  flag: string,
  text: string | undefined,
): { readonly value: unknown } | { readonly problem: string } {
  const { allowed, parse, why } = rowOf(name)
  if (text === undefined) return { problem: `${flag}: needs a value; use ${allowed}` }
  const value = parse(text)
  if (value !== undefined) return { value }
  return {
    problem: `${flag}: ${JSON.stringify(text.slice(0, 80))}: ${why?.(text) ?? `use ${allowed}`}`,
  }
}

function unknownFlag(flag: string): string {
  const near = guess(
    flag,
    [...namesByFlag.keys()].filter((one) => one.startsWith('--')),
  )
  return `${flag.slice(0, 40)}: there is no such flag of load; ${near}hpdummy help load lists them`
}
