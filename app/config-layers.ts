import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import type * as Yaml from 'yaml'

import { flag } from './config-formats.ts'
import { type SettingName, environmentName, flagName, settings } from './settings.ts'

/** A value as it was written, and where. */
export interface Given {
  readonly raw: string
  readonly origin: string
}
/** What one place says, by setting name. */
export type Layer = Map<string, Given>

/** Flags: `--name value`, `--name=value`, and a bare `--name` for true or false ones. */
export function readFlags(argv: readonly string[], problems: string[]): Layer {
  const byFlag = new Map(Object.keys(settings).map((name) => [flagName(name), name as SettingName]))
  const layer: Layer = new Map()
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? ''
    const equals = argument.indexOf('=')
    const flagText = equals === -1 ? argument : argument.slice(0, equals)
    const name = byFlag.get(flagText)
    if (name === undefined) {
      problems.push(`${argument}: there is no such flag; --help lists them`)
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
    else layer.set(name, { raw, origin: flagText })
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
    const raw = env[origin]
    const isServiceLink = /^(?:tcp|udp|sctp):\/\//.test(raw ?? '')
    if (raw !== undefined && raw !== '' && !isServiceLink) layer.set(name, { raw, origin })
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
export function readDocuments({ place, texts }: Documents, problems: string[]): Layer {
  const layer: Layer = new Map()
  for (const name of Object.keys(texts).toSorted()) {
    const text = texts[name] ?? ''
    const origin = `${place}/${name}`
    if (Object.hasOwn(settings, name)) layer.set(name, { raw: text.trim(), origin })
    else if (/\.(?:ya?ml|json)$/.test(name)) readDocument(text, { origin, layer, problems })
    else problems.push(`${name}: is no setting and no YAML or JSON file (from ${origin})`)
  }
  return layer
}

/** A file of YAML or JSON, or a directory as `readDocuments` takes it. */
export function readFiles(path: string, problems: string[]): Layer {
  const layer: Layer = new Map()
  try {
    if (!statSync(path).isDirectory()) {
      readDocument(readFileSync(path, 'utf8'), { origin: `file ${path}`, layer, problems })
      return layer
    }
    const directory = mountedDirectory(path)
    const names = readdirSync(directory).filter((name) => !name.startsWith('.'))
    const texts = names.map((name) => [name, readFileSync(join(directory, name), 'utf8')])
    const documents = {
      place: `file ${path}`,
      texts: Object.fromEntries(texts) as Documents['texts'],
    }
    return readDocuments(documents, problems)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    problems.push(`config: file ${path} cannot be read: ${message}`)
  }
  return layer
}

interface Into {
  readonly origin: string
  readonly layer: Layer
  readonly problems: string[]
}

function readDocument(text: string, into: Into): void {
  // Loaded when there is something to read: 9 MiB that most origins would hold for nothing.
  const { parse } = createRequire(import.meta.url)('yaml') as typeof Yaml
  try {
    flatten(parse(text), into)
  } catch (error) {
    // The first line says what and where; those after it quote the text, which may hold secrets.
    const message = error instanceof Error ? error.message : String(error)
    const [what = ''] = message.trim().split('\n')
    const { origin, problems } = into
    problems.push(`config: ${origin} cannot be read as YAML or JSON: ${what}`)
  }
}

// A mounted ConfigMap's files are links into ..data, which the kubelet swaps: read behind the link, they
// are all of one version.
function mountedDirectory(path: string): string {
  const data = join(path, '..data')
  return existsSync(data) ? realpathSync(data) : path
}

function flatten(node: unknown, into: Into, prefix = ''): void {
  if (node === null || node === undefined) return
  const isKnown = Object.hasOwn(settings, prefix)
  const isScalar = typeof node === 'string' || typeof node === 'number' || typeof node === 'boolean'
  if (isKnown && isScalar) {
    into.layer.set(prefix, { raw: String(node), origin: into.origin })
  } else if (!isKnown && typeof node === 'object' && !Array.isArray(node)) {
    for (const [name, value] of Object.entries(node)) {
      flatten(value, into, prefix === '' ? name : `${prefix}.${name}`)
    }
  } else {
    const why = isKnown ? 'takes one value' : 'is no setting; --help lists them'
    into.problems.push(`${prefix === '' ? 'config' : prefix}: ${why} (from ${into.origin})`)
  }
}
