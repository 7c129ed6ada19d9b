import { join } from 'node:path'

import { isShortage } from '../look.ts'
import { guess } from '../nearest.ts'
import { formatBytes } from '../traffic/units.ts'
import {
  isDirectoryOfSettings,
  listDocuments,
  longestDocument,
  longestInAll,
  mostDocuments,
  readText,
} from './files.ts'
import { type Layer, given } from './layer.ts'
import { type Problems, shorten } from './problems.ts'
import { type SettingName, settings } from './settings.ts'
import { type Leaf, readYaml } from './yaml.ts'

/** Settings as texts by name, and the name of their place: a directory's files, or a ConfigMap's keys. */
export interface Documents {
  readonly place: string
  readonly texts: Readonly<Record<string, string>>
}

/**
 * Settings from documents, in the order of their names. A document whose name is a setting holds its value
 * (`log.level`); one that ends in .yaml, .yml or .json holds many, with nested or dotted keys. Any other is a problem:
 * it may be a mistyped setting.
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
    else problems.push(() => misplaced(name, origin))
  }
  return layer
}

// The sizes of files were checked when they were read; those of the API server's documents were not.
function excessOf(texts: Documents['texts']): string | undefined {
  const lengths = Object.values(texts).map((text) => Buffer.byteLength(text))
  const whole = lengths.reduce((sum, length) => sum + length, 0)
  if (lengths.length > mostDocuments) return `it has more than ${mostDocuments} documents`
  if (lengths.some((length) => length > longestDocument))
    return `one of its documents is larger than ${formatBytes(longestDocument)}`
  return whole > longestInAll ? `it is larger than ${formatBytes(longestInAll)}` : undefined
}

/**
 * A file of YAML or JSON, or a directory as for `readDocuments`. Throws when the process is out of files: the settings
 * are then unknown, not wrong.
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
      else problems.push(() => misfit(leaf, origin))
    }
  } catch (error) {
    problems.push(`config: ${origin} cannot be read as YAML or JSON: ${messageOf(error)}`)
  }
}

/**
 * The text as it is written, so that a token of digits keeps its zeros and a long number its digits. When the setting
 * cannot parse that, the value as YAML understands it (1e+06, which Helm makes of a million; True).
 */
function valueOf({ name, raw, plain }: Leaf): string | undefined {
  if (raw === undefined || !Object.hasOwn(settings, name)) return undefined
  const { format } = settings[name as SettingName]
  const isRead = (text: string): boolean => format.parse(text.trim()) !== undefined
  return isRead(raw) || !isRead(plain) ? raw : plain
}

function misfit({ name, raw }: Leaf, origin: string): string {
  if (name === '') {
    const what = raw === undefined ? 'a list' : 'plain text'
    return `config: it holds ${what}, not settings; write each as name: value, such as http.port: 8080 (from ${origin})`
  }
  const why = Object.hasOwn(settings, name)
    ? 'takes one value'
    : `is not a setting; ${wayOut(name)}`
  return `${shorten(name)}: ${why} (from ${origin})`
}

function misplaced(name: string, origin: string): string {
  return `${shorten(name)}: is neither a setting nor a YAML or JSON file; ${wayOut(name)} (from ${origin})`
}

function wayOut(name: string): string {
  return `${guess(name, Object.keys(settings))}--help lists them`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
