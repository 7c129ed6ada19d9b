import { join } from 'node:path'

import { isShortage } from '../look.ts'
import { formatBytes } from '../traffic/units.ts'
import {
  isDirectoryOfSettings,
  listDocuments,
  longestDocument,
  longestInAll,
  mostDocuments,
  readText,
} from './files.ts'
import { flag } from './formats.ts'
import { type Problems, shorten } from './problems.ts'
import { type SettingName, environmentName, flagName, settings } from './settings.ts'
import { type Leaf, readYaml } from './yaml.ts'

/** A value as it was written, and where. */
export interface Given {
  readonly raw: string
  readonly origin: string
}
/** What one place says, by setting name. */
export type Layer = Map<string, Given>

// A Secret's value often ends with a line end, be it mounted as a file or put into a variable.
function given(text: string, origin: string): Given {
  return { raw: text.trim(), origin }
}

/** Flags: `--name value`, `--name=value`, and a bare `--name` for true or false ones. */
export function readFlags(argv: readonly string[], problems: Problems): Layer {
  const byFlag = new Map(Object.keys(settings).map((name) => [flagName(name), name as SettingName]))
  const layer: Layer = new Map()
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? ''
    const equals = argument.indexOf('=')
    const flagText = equals === -1 ? argument : argument.slice(0, equals)
    const name = byFlag.get(flagText)
    if (name === undefined) {
      problems.push(`${shorten(argument)}: there is no such flag; --help lists them`)
      continue
    }
    const next = argv[index + 1]
    const isBare =
      equals === -1 &&
      (settings[name].format as unknown) === flag &&
      (next === undefined || next.startsWith('--'))
    const raw = isBare ? 'true' : equals === -1 ? next : argument.slice(equals + 1)
    if (equals === -1 && !isBare) index++
    if (raw === undefined)
      problems.push(`${flagText}: needs a value; use ${settings[name].format.allowed}`)
    else layer.set(name, given(raw, flagText))
  }
  return layer
}

/**
 * Variables of settings. Others pass: Kubernetes puts HPDUMMY_SERVICE_HOST and the like into pods, and
 * beside a service called hpdummy-http even HPDUMMY_HTTP_PORT=tcp://10.0.0.1:80, which is no setting.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Layer {
  const layer: Layer = new Map()
  for (const name of Object.keys(settings)) {
    const origin = environmentName(name)
    const value = given(env[origin] ?? '', origin)
    const isServiceLink = /^(?:tcp|udp|sctp):\/\//.test(value.raw)
    if (value.raw !== '' && !isServiceLink) layer.set(name, value)
  }
  return layer
}

/** Settings as texts by name, and what to call the place: a directory's files, or a ConfigMap's keys. */
export interface Documents {
  readonly place: string
  readonly texts: Readonly<Record<string, string>>
}

/**
 * Settings out of documents, in order of their names: one whose name is a setting holds its value
 * (`log.level`), one that ends in .yaml, .yml or .json holds many, with nested or dotted keys. Any other
 * is a problem: it may be a setting's name with a slip of the pen.
 */
export function readDocuments({ place, texts }: Documents, problems: Problems): Layer {
  const layer: Layer = new Map()
  const names = Object.keys(texts).toSorted()
  const excess = excessOf(texts)
  if (excess !== undefined) problems.push(`config: ${place} cannot be read: ${excess}`)
  for (const name of excess === undefined ? names : []) {
    const text = texts[name] ?? ''
    const origin = `${place}/${name}`
    if (Object.hasOwn(settings, name)) layer.set(name, given(text, origin))
    else if (/\.(?:ya?ml|json)$/.test(name)) readDocument(text, { origin, layer, problems })
    else problems.push(`${shorten(name)}: is no setting and no YAML or JSON file (from ${origin})`)
  }
  return layer
}

// Files were measured as they were read; what the API server gives was not.
function excessOf(texts: Documents['texts']): string | undefined {
  const lengths = Object.values(texts).map((text) => Buffer.byteLength(text))
  const whole = lengths.reduce((sum, length) => sum + length, 0)
  if (lengths.length > mostDocuments) return `it has more than ${mostDocuments} documents`
  if (lengths.some((length) => length > longestDocument))
    return `one of its documents is larger than ${formatBytes(longestDocument)}`
  return whole > longestInAll ? `it is larger than ${formatBytes(longestInAll)}` : undefined
}

/**
 * A file of YAML or JSON, or a directory as `readDocuments` takes it. Throws when the process is out of files: then the
 * content is unknown, and the settings are not to blame.
 */
export function readFiles(path: string, problems: Problems): Layer {
  const origin = `file ${path}`
  try {
    if (isDirectoryOfSettings(path)) return readDirectory(path, problems)
    const layer: Layer = new Map()
    readDocument(readText(path), { origin, layer, problems })
    return layer
  } catch (error) {
    if (isShortage(error)) throw error
    problems.push(`config: ${origin} cannot be read: ${messageOf(error)}`)
    return new Map()
  }
}

function readDirectory(path: string, problems: Problems): Layer {
  const { directory, names } = listDocuments(path)
  const texts: Record<string, string> = {}
  for (const name of names) {
    try {
      texts[name] = readText(join(directory, name))
    } catch (error) {
      if (isShortage(error)) throw error
      problems.push(`config: file ${join(path, name)} cannot be read: ${messageOf(error)}`)
    }
  }
  return readDocuments({ place: `file ${path}`, texts }, problems)
}

interface Into {
  readonly origin: string
  readonly layer: Layer
  readonly problems: Problems
}

function readDocument(text: string, { origin, layer, problems }: Into): void {
  try {
    for (const leaf of readYaml(text, (name) => Object.hasOwn(settings, name))) {
      const value = valueOf(leaf)
      if (value !== undefined) layer.set(leaf.name, given(value, origin))
      else problems.push(misfit(leaf, origin))
    }
  } catch (error) {
    problems.push(`config: ${origin} cannot be read as YAML or JSON: ${messageOf(error)}`)
  }
}

/**
 * The text as it is written, so that a token of digits keeps its zeros and a long number its digits; where
 * the setting does not read it so, as YAML understands it (1e+06, which Helm makes of a million; True).
 */
function valueOf({ name, raw, plain }: Leaf): string | undefined {
  if (raw === undefined || !Object.hasOwn(settings, name)) return undefined
  const { format } = settings[name as SettingName]
  const isRead = (text: string): boolean => format.parse(text.trim()) !== undefined
  return isRead(raw) || !isRead(plain) ? raw : plain
}

function misfit({ name }: Leaf, origin: string): string {
  const why = Object.hasOwn(settings, name) ? 'takes one value' : 'is no setting; --help lists them'
  return `${name === '' ? 'config' : shorten(name)}: ${why} (from ${origin})`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
