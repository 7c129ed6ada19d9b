import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import convict from 'convict'
import { parse as parseYaml } from 'yaml'

import {
  type Format,
  byteLimit,
  bytes,
  choice,
  countLimit,
  duration,
  flag,
  host,
  port,
  text,
  workers,
} from './config-formats.ts'

/**
 * What a change of the setting takes: `hot` is applied in place, `worker` by rolling the workers,
 * `process` by a new process; `none` is read at start only.
 */
export type ReloadClass = 'hot' | 'worker' | 'process' | 'none'

interface Setting<T> {
  readonly doc: string
  readonly format: Format<T>
  readonly value: T
  readonly reload: ReloadClass
  readonly isSecret?: boolean
}

function setting<T>(row: Setting<T>): Setting<T> {
  return row
}

/** Every setting once. The name is its path in a file; environment and flag are spelled from it. */
export const settings = {
  config: setting({
    doc: 'File with settings (YAML or JSON), or a directory of such files',
    format: text,
    value: undefined,
    reload: 'none',
  }),
  'http.host': setting({
    doc: 'Address of the traffic listeners; :: is IPv6 and IPv4',
    format: host,
    value: '::',
    reload: 'process',
  }),
  'http.port': setting({
    doc: 'Fast listener: HTTP/1.1 and WebSocket',
    format: port,
    value: 8080,
    reload: 'process',
  }),
  'https.port': setting({
    doc: 'The same over TLS; opens when there is a certificate',
    format: port,
    value: 8443,
    reload: 'process',
  }),
  'admin.host': setting({
    doc: 'Address of the admin port',
    format: host,
    value: '::',
    reload: 'process',
  }),
  'admin.port': setting({
    doc: 'Probes and metrics',
    format: port,
    value: 9000,
    reload: 'process',
  }),
  'tls.certFile': setting({
    doc: 'Certificate chain, PEM',
    format: text,
    value: undefined,
    reload: 'process',
  }),
  'tls.keyFile': setting({
    doc: 'Its private key, PEM',
    format: text,
    value: undefined,
    reload: 'process',
  }),
  'tls.selfSigned': setting({
    doc: 'Make a certificate at start, for tests',
    format: flag,
    value: false,
    reload: 'process',
  }),
  workers: setting({
    doc: 'Threads that serve traffic; auto is one per CPU this process may use',
    format: workers,
    value: 'auto' as const,
    reload: 'worker',
  }),
  'buffer.size': setting({
    doc: 'One write of a payload',
    format: bytes(64 * 2 ** 10, 4096 * 2 ** 10),
    value: 256 * 2 ** 10,
    reload: 'worker',
  }),
  'log.level': setting({
    doc: 'Least level that is logged',
    format: choice('debug', 'info', 'warn', 'error', 'silent'),
    value: 'info' as const,
    reload: 'hot',
  }),
  'log.format': setting({
    doc: 'json for machines, pretty for people',
    format: choice('json', 'pretty'),
    value: 'json' as const,
    reload: 'hot',
  }),
  'drain.quiet': setting({
    doc: 'Draining ends its notice after this long without a new connection',
    format: duration,
    value: 2000,
    reload: 'hot',
  }),
  'drain.notice': setting({
    doc: 'Longest time we still accept while draining',
    format: duration,
    value: 10_000,
    reload: 'hot',
  }),
  'drain.deadline': setting({
    doc: 'Longest drain; connections left then are cut',
    format: duration,
    value: 30_000,
    reload: 'hot',
  }),
  'limits.delay': setting({
    doc: 'Longest delay or duration a client may ask',
    format: duration,
    value: 3_600_000,
    reload: 'hot',
  }),
  'limits.payload': setting({
    doc: 'Largest payload a client may ask',
    format: byteLimit,
    value: Number.POSITIVE_INFINITY,
    reload: 'hot',
  }),
  'limits.body': setting({
    doc: 'Largest request body',
    format: byteLimit,
    value: Number.POSITIVE_INFINITY,
    reload: 'hot',
  }),
  'limits.count': setting({
    doc: 'Most chunks, events or messages a client may ask',
    format: countLimit,
    value: 10_000_000,
    reload: 'hot',
  }),
  'limits.headerBytes': setting({
    doc: 'Largest request head; more is answered 431',
    format: bytes(1024, 2 ** 20),
    value: 64 * 2 ** 10,
    reload: 'process',
  }),
  'echo.bodyLimit': setting({
    doc: 'How much of a body is echoed',
    format: bytes(0, 64 * 2 ** 20),
    value: 2 ** 20,
    reload: 'hot',
  }),
} as const

export type SettingName = keyof typeof settings

/** The effective settings, frozen, by name: `config['http.port']`. Times in ms, sizes in bytes. */
export type Config = {
  readonly [Name in SettingName]: (typeof settings)[Name] extends Setting<infer T> ? T : never
}

/** Where a value came from, for people: `default`, `file app.yaml`, `HPDUMMY_HTTP_PORT`, `--http-port`. */
export type Origins = Readonly<Record<SettingName, string>>

export type Loaded =
  | { readonly config: Config; readonly origins: Origins }
  | { readonly problems: readonly string[] }

interface Given {
  readonly raw: string
  readonly origin: string
}
type Layer = Map<string, Given>

/**
 * Reads all layers (defaults < file < environment < flags) and checks them whole: the config, or one
 * sentence for every problem, each with the setting, the value, what is allowed and where it stood.
 */
export function loadConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Loaded {
  const problems: string[] = []
  const flags = readFlags(argv, problems)
  const environment = readEnvironment(env)
  const path = (flags.get('config') ?? environment.get('config'))?.raw
  const file = path === undefined ? new Map<string, Given>() : readFiles(path, problems)
  const given = new Map([...file, ...environment, ...flags])

  const source = convict(convictSchema(given, problems))
  source.load(nest([...given].map(([name, { raw }]) => [name, raw])))
  source.validate({ allowed: 'warn', output: () => {} })
  checkTogether(given, problems)
  if (problems.length > 0) return { problems }

  // The one place where convict's untyped values become Config: each was made by its own format.
  const names = Object.keys(settings) as SettingName[]
  const config = Object.fromEntries(
    names.map((name) => [name, (source.get as (path: string) => unknown)(name)]),
  )
  const origins = Object.fromEntries(
    names.map((name) => [name, given.get(name)?.origin ?? 'default']),
  )
  return { config: Object.freeze(config) as Config, origins: origins as Origins }
}

/** `http.port` is `HPDUMMY_HTTP_PORT`; camel case splits at its humps. */
export function environmentName(name: string): string {
  return `HPDUMMY_${words(name).join('_').toUpperCase()}`
}

/** `tls.selfSigned` is `--tls-self-signed`. */
export function flagName(name: string): string {
  return `--${words(name).join('-')}`
}

/** The effective settings as YAML that loads again, each with where it came from; secrets hidden. */
export function printConfig(config: Config, origins: Origins): string {
  const lines = (Object.keys(settings) as SettingName[]).map((name) => {
    const shown = showValue(name, config[name])
    const value = settings[name].isSecret === true && shown !== undefined ? '"***"' : shown
    const line = value === undefined ? `# ${name}: (none)` : `${name}: ${yamlScalar(value)}`
    return `${line.padEnd(36)} # ${origins[name]}`
  })
  return `${lines.join('\n')}\n`
}

/** A value as its format writes it, or undefined when there is none. */
export function showValue(name: SettingName, value: unknown): string | undefined {
  const row = settings[name] as unknown as Setting<unknown>
  return value === undefined ? undefined : row.format.show(value)
}

function words(name: string): readonly string[] {
  return name
    .replaceAll(/([A-Z])/g, '.$1')
    .toLowerCase()
    .split('.')
}

function yamlScalar(value: string): string {
  return /^[\w./-]+$/.test(value) ? value : JSON.stringify(value)
}

/** convict's own schema: it holds, merges, coerces and walks; our formats say what is wrong. */
function convictSchema(given: Layer, problems: string[]): convict.Schema<object> {
  const leaves = Object.entries(settings).map(([name, row]) => {
    const { format, value, doc } = row as unknown as Setting<unknown>
    const validate = (coerced: unknown): void => {
      const entry = given.get(name)
      if (entry === undefined || coerced !== undefined) return
      problems.push(
        `${name}: ${JSON.stringify(entry.raw)} is wrong; use ${format.allowed} (from ${entry.origin})`,
      )
    }
    convict.addFormat({
      name: `hpdummy ${name}`,
      validate,
      coerce: (raw: unknown) => (typeof raw === 'string' ? format.parse(raw) : raw),
    })
    return [name, { doc, default: value, format: `hpdummy ${name}` }] as const
  })
  return nest(leaves) as convict.Schema<object>
}

function nest(entries: readonly (readonly [name: string, value: unknown])[]): object {
  const root: Record<string, unknown> = {}
  for (const [name, value] of entries) {
    const path = name.split('.')
    const leaf = path.pop() ?? name
    let at = root
    for (const step of path) at = (at[step] ??= {}) as Record<string, unknown>
    at[leaf] = value
  }
  return root
}

function readFlags(argv: readonly string[], problems: string[]): Layer {
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

// Names that are no setting's pass: Kubernetes puts HPDUMMY_SERVICE_HOST and the like into pods.
function readEnvironment(env: NodeJS.ProcessEnv): Layer {
  const layer: Layer = new Map()
  for (const name of Object.keys(settings)) {
    const origin = environmentName(name)
    const raw = env[origin]
    if (raw !== undefined && raw !== '') layer.set(name, { raw, origin })
  }
  return layer
}

function readFiles(path: string, problems: string[]): Layer {
  const layer: Layer = new Map()
  try {
    const isDirectory = statSync(path).isDirectory()
    // A mounted ConfigMap also has ..data and its like.
    const names = isDirectory
      ? readdirSync(path).filter((name) => /^[^.].*\.(?:ya?ml|json)$/.test(name))
      : ['']
    for (const name of names.toSorted()) {
      const file = name === '' ? path : join(path, name)
      flatten(parseYaml(readFileSync(file, 'utf8')), { file, layer, problems })
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    problems.push(`config: ${path} cannot be read as YAML or JSON: ${message.trim()}`)
  }
  return layer
}

function flatten(
  node: unknown,
  into: { readonly file: string; readonly layer: Layer; readonly problems: string[] },
  prefix = '',
): void {
  if (node === null || node === undefined) return
  const isKnown = Object.hasOwn(settings, prefix)
  if (isKnown && typeof node !== 'object') {
    into.layer.set(prefix, {
      raw: String(node as string | number | boolean),
      origin: `file ${into.file}`,
    })
  } else if (!isKnown && typeof node === 'object' && !Array.isArray(node)) {
    for (const [name, value] of Object.entries(node)) {
      flatten(value, into, prefix === '' ? name : `${prefix}.${name}`)
    }
  } else {
    const why = isKnown ? 'takes one value' : 'is no setting; --help lists them'
    into.problems.push(`${prefix === '' ? 'config' : prefix}: ${why} (from file ${into.file})`)
  }
}

function checkTogether(given: Layer, problems: string[]): void {
  const [certificate, key] = [given.get('tls.certFile'), given.get('tls.keyFile')]
  if ((certificate === undefined) !== (key === undefined)) {
    problems.push('tls.certFile, tls.keyFile: one is set without the other; set both or neither')
  }
  if (certificate !== undefined && given.get('tls.selfSigned')?.raw === 'true') {
    problems.push('tls.selfSigned: there is a tls.certFile too; use one of them')
  }
}
