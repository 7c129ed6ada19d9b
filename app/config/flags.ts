import { guess } from '../nearest.ts'
import { flag } from './formats.ts'
import { type Layer, given } from './layer.ts'
import { type Problems, shorten } from './problems.ts'
import { type SettingName, flagName, settings } from './settings.ts'

/** Flags that stand for a command and take no value; commands/table.ts says for which. */
export const commandFlags = [
  '--help',
  '-h',
  '--version',
  '--print-config',
  '--explain-resources',
] as const

const settingsByFlag = new Map(
  Object.keys(settings).map((name) => [flagName(name), name as SettingName]),
)

// Not -h: every single letter is near it.
const longFlags = [...settingsByFlag.keys(), ...commandFlags.filter((one) => one !== '-h')]

// npm itself answers the first two. The others are npm settings that people have in their .npmrc: npm then sets their
// variables for every script.
const npmsOwn: ReadonlySet<string> = new Set(['--help', '--version', '--progress', '--cache'])

/** Our scripts that take flags, and what stands before the flags of each. */
const npmScripts: Readonly<Record<string, string>> = {
  start: 'npm start --',
  dev: 'npm run dev --',
  'start:compare': 'npm run start:compare --',
}

/** The flags that npm took as its own, and what to write before them so that it does not. */
export interface TakenByNpm {
  readonly flags: readonly string[]
  readonly start: string
}

/**
 * Flags that npm took as its own, as it does in `npm start --http-port=1`: only a variable (npm_config_http_port) shows
 * them. `own` are the flags of the command that runs. Checked only when npm runs one of our scripts, because other
 * programs that npm runs may start an origin, too.
 */
export function flagsTakenByNpm(env: NodeJS.ProcessEnv, own: readonly string[] = []): TakenByNpm {
  const script = env['npm_lifecycle_event'] ?? ''
  const start = Object.hasOwn(npmScripts, script) ? npmScripts[script] : undefined
  if (env['npm_package_name'] !== 'hpdummy' || start === undefined) return { flags: [], start: '' }
  const known = [...new Set([...own, ...longFlags])].filter((name) => !npmsOwn.has(name))
  const flags = known.filter(
    (name) => env[`npm_config_${name.slice(2).replaceAll('-', '_')}`] !== undefined,
  )
  return { flags, start }
}

/** Flags: `--name value`, `--name=value`, and a bare `--name` for true or false ones. */
export function readFlags(argv: readonly string[], problems: Problems): Layer {
  const layer: Layer = new Map()
  for (const { word, flagText, value } of split(argv)) {
    const name = settingsByFlag.get(flagText)
    if (name === undefined)
      problems.push(() => `${shorten(word) || '""'}: ${whyNot(word, flagText)}`)
    else if (value === undefined)
      problems.push(`${flagText}: needs a value; use ${settings[name].format.allowed}`)
    else layer.set(name, given(value, flagText))
  }
  return layer
}

/** The words that are neither a flag nor the value of one. */
export function looseWords(argv: readonly string[]): readonly string[] {
  return [...split(argv)].map(({ word }) => word).filter((word) => !word.startsWith('-'))
}

/** `did you mean --http-port? ` for http.port=1 and the like, else ''. */
export function guessFlag(word: string): string {
  return guess(`--${word.split('=', 1).join('')}`, longFlags)
}

interface Part {
  /** The word as it was typed. */
  readonly word: string
  /** The word up to its `=`. */
  readonly flagText: string
  readonly value: string | undefined
}

function* split(argv: readonly string[]): Generator<Part> {
  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const equals = word.indexOf('=')
    if (equals !== -1) {
      yield { word, flagText: word.slice(0, equals), value: word.slice(equals + 1) }
      continue
    }
    yield { word, flagText: word, value: valueAfter(word, words) }
  }
}

/** The value that follows a flag without `=`, taken from the remaining words. */
function valueAfter(word: string, words: string[]): string | undefined {
  const name = settingsByFlag.get(word)
  const [next] = words
  const isNextFlag = next === undefined || next.startsWith('--')
  if (name === undefined) {
    // What follows a mistyped flag is most likely its value, and not another problem.
    return word.startsWith('-') && !isNextFlag ? words.shift() : undefined
  }
  return isNextFlag && (settings[name].format as unknown) === flag ? 'true' : words.shift()
}

function whyNot(word: string, flagText: string): string {
  if (word.startsWith('-'))
    return `there is no such flag; ${guess(flagText, longFlags)}--help lists them`
  return `this word follows no flag; ${guessFlag(word)}a flag begins with --, and a command stands before all flags`
}
