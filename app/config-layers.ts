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

/** A file, or all YAML and JSON files of a directory in order of their names; nested or dotted keys. */
export function readFiles(path: string, problems: string[]): Layer {
  const layer: Layer = new Map()
  // Loaded when there is a file to read: 9 MiB that most origins would hold for nothing.
  const { parse: parseYaml } = createRequire(import.meta.url)('yaml') as typeof Yaml
  try {
    const isDirectory = statSync(path).isDirectory()
    const directory = isDirectory ? mountedDirectory(path) : path
    const names = isDirectory
      ? readdirSync(directory).filter((name) => /^[^.].*\.(?:ya?ml|json)$/.test(name))
      : ['']
    for (const name of names.toSorted()) {
      const text = readFileSync(name === '' ? path : join(directory, name), 'utf8')
      const file = name === '' ? path : join(path, name)
      flatten(parseYaml(text), { file, layer, problems })
    }
  } catch (error) {
    // The first line says what and where; those after it quote the file, which may hold secrets.
    const message = error instanceof Error ? error.message : String(error)
    const [what = ''] = message.trim().split('\n')
    problems.push(`config: ${path} cannot be read as YAML or JSON: ${what}`)
  }
  return layer
}

// A mounted ConfigMap's files are links into ..data, which the kubelet swaps: read behind the link, they
// are all of one version.
function mountedDirectory(path: string): string {
  const data = join(path, '..data')
  return existsSync(data) ? realpathSync(data) : path
}

function flatten(
  node: unknown,
  into: { readonly file: string; readonly layer: Layer; readonly problems: string[] },
  prefix = '',
): void {
  if (node === null || node === undefined) return
  const isKnown = Object.hasOwn(settings, prefix)
  const isScalar = typeof node === 'string' || typeof node === 'number' || typeof node === 'boolean'
  if (isKnown && isScalar) {
    into.layer.set(prefix, { raw: String(node), origin: `file ${into.file}` })
  } else if (!isKnown && typeof node === 'object' && !Array.isArray(node)) {
    for (const [name, value] of Object.entries(node)) {
      flatten(value, into, prefix === '' ? name : `${prefix}.${name}`)
    }
  } else {
    const why = isKnown ? 'takes one value' : 'is no setting; --help lists them'
    into.problems.push(`${prefix === '' ? 'config' : prefix}: ${why} (from file ${into.file})`)
  }
}
