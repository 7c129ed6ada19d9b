import convict from 'convict'

import { parseHp, unfitFor } from '../traffic/hp/grammar.ts'
import { type Documents, readDocuments, readFiles } from './documents.ts'
import { readDownward } from './downward.ts'
import { readEnvironment } from './environment.ts'
import { readFlags } from './flags.ts'
import type { Layer } from './layer.ts'
import { hasCertificate, ports } from './ports.ts'
import { Problems, shorten } from './problems.ts'
import type { Setting } from './setting.ts'
import { type Config, type SettingName, settings, showSetting } from './settings.ts'

/** Where a value came from, for people: `default`, `file app.yaml`, `HPDUMMY_HTTP_PORT`, `--http-port`. */
export type Origins = Readonly<Record<SettingName, string>>

export type Loaded =
  | { readonly config: Config; readonly origins: Origins }
  | { readonly problems: readonly string[] }

/**
 * Reads all layers (defaults < downward API < file < environment < flags) and checks them as a whole. Returns the
 * config, or one sentence for every problem, each with the setting, the value, what is allowed and where it was set. A
 * ConfigMap, when there is one, replaces the file.
 */
export function loadConfig(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  configMap?: Documents,
): Loaded {
  const problems = new Problems()
  const flags = readFlags(argv, problems)
  const environment = readEnvironment(env)
  const path = (flags.get('config') ?? environment.get('config'))?.raw
  const written = readWritten(path, configMap, problems)
  const given = new Map([...readDownward(env), ...written, ...environment, ...flags])

  const source = convict(convictSchema(given, problems))
  source.load(nest([...given].map(([name, { raw }]) => [name, raw])))
  source.validate({ allowed: 'warn', output: () => {} })
  checkTogether(given, problems)
  if (problems.length > 0) return { problems: problems.sentences }

  // The only place where convict's untyped values become Config: each was made by its own format.
  const names = Object.keys(settings) as SettingName[]
  const config = Object.fromEntries(
    names.map((name) => [name, (source.get as (path: string) => unknown)(name)]),
  )
  const origins = Object.fromEntries(
    names.map((name) => [name, given.get(name)?.origin ?? 'default']),
  )
  problems.push(...sharedPorts(config as Config), ...unfitDefaults(config as Config))
  if (problems.length > 0) return { problems: problems.sentences }
  return { config: Object.freeze(config) as Config, origins: origins as Origins }
}

// The kernel would let them share it, as workers do (SO_REUSEPORT), and give each client to either of them.
function sharedPorts(config: Config): readonly string[] {
  const hasTls = hasCertificate(config)
  const isAdminBeside = config['admin.host'] === config['http.host']
  const traffic = Object.values(ports)
    .filter(({ transport, isTls }) => transport === 'tcp' && (hasTls || !isTls))
    .map(({ setting }) => setting)
  const open = [...traffic, ...(isAdminBeside ? (['admin.port'] as const) : [])].filter(
    (name) => config[name] !== 0 && config[name] !== 'none',
  )
  return [...Map.groupBy(open, (name) => config[name])]
    .filter(([, names]) => names.length > 1)
    .map(([port, names]) => `${names.join(', ')}: all are ${port}; use a port for each`)
}

// The listeners of HTTP that can carry out a fault. What both can do, HTTP/2 can do, too.
const carriers = [
  ['http.port', 'fast', 'the fast listener'],
  ['wire.port', 'http1', 'HTTP/1.1 on the wire listener'],
] as const

/** The faults of defaults.hp that an open listener cannot carry out. */
function unfitDefaults(config: Config): readonly string[] {
  const text = config['defaults.hp']
  if (text === undefined) return []
  const asked = parseHp(text)
  return carriers.flatMap(([port, carrier, title]) => {
    const unfit = config[port] === 'none' ? [] : unfitFor(asked, carrier)
    return unfit
      .filter((fault) => !fault.carriers.every((one) => one === 'grpc' || one === 'websocket'))
      .map(({ name }) => `defaults.hp: ${title} cannot carry out ${name}; leave it out`)
  })
}

function readWritten(
  path: string | undefined,
  configMap: Documents | undefined,
  problems: Problems,
): Layer {
  const files = (found: Problems): Layer =>
    path === undefined ? new Map() : readFiles(path, found)
  if (configMap === undefined) return files(problems)
  // The setting that names the ConfigMap cannot be in it.
  const naming = [...files(new Problems())].filter(([name]) => name.startsWith('kubernetes.'))
  return new Map([...readDocuments(configMap, problems), ...naming])
}

/** The effective settings as YAML that loads again, each with its source; secrets hidden. */
export function printConfig(config: Config, origins: Origins): string {
  const lines = (Object.keys(settings) as SettingName[]).map((name) => {
    const value = config[name]
    const shown = settings[name].isSecret === true ? '***' : showSetting(name, value)
    const isSet = value !== undefined && shown !== undefined
    const line = isSet ? `${name}: ${yamlScalar(shown, value)}` : `# ${name}: (none)`
    // A path may contain a line break, which would end the comment.
    return `${line.padEnd(36)} # ${origins[name].replaceAll(/\s/g, ' ')}`
  })
  return `${lines.join('\n')}\n`
}

// Unquoted when YAML reads it as text (or as the number or truth value it is), otherwise quoted as JSON, which is YAML,
// too.
function yamlScalar(shown: string, value: unknown): string {
  const isOther = typeof value !== 'string' && shown === String(value)
  const isWord =
    /^[a-z][\w./-]*$/i.test(shown) && !/^(?:null|true|false|yes|no|on|off|y|n)$/i.test(shown)
  return isOther || isWord || /^\d+[a-z]+$/i.test(shown) ? shown : JSON.stringify(shown)
}

// Not undefined, which is the default of some settings: convict validates no undefined default.
const wrong = Symbol('wrong')

/** convict's own schema. It holds, merges, coerces and walks; our formats word the problems. */
function convictSchema(given: Layer, problems: Problems): convict.Schema<object> {
  const leaves = Object.entries(settings).map(([name, typed]) => {
    const row = typed as unknown as Setting<unknown>
    const { format, value, doc } = row
    const validate = (coerced: unknown): void => {
      const entry = given.get(name)
      if (entry === undefined || coerced !== wrong) return
      const shown = row.isSecret === true ? 'the value' : JSON.stringify(shorten(entry.raw))
      const allowed = format.why?.(entry.raw) ?? format.allowed
      problems.push(`${name}: ${shown} is wrong; use ${allowed} (from ${entry.origin})`)
    }
    convict.addFormat({
      name: `hpdummy ${name}`,
      validate,
      coerce: (raw: unknown) => (typeof raw === 'string' ? (format.parse(raw) ?? wrong) : raw),
    })
    return [name, { doc, default: value, format: `hpdummy ${name}` }] as const
  })
  return nest(leaves)
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

function checkTogether(given: Layer, problems: Problems): void {
  const [certificate, key] = [given.get('tls.certFile'), given.get('tls.keyFile')]
  if ((certificate === undefined) !== (key === undefined)) {
    problems.push('tls.certFile, tls.keyFile: one is set without the other; set both or neither')
  }
  const selfSigned = settings['tls.selfSigned'].format.parse(given.get('tls.selfSigned')?.raw ?? '')
  if (certificate !== undefined && selfSigned === true) {
    problems.push('tls.selfSigned: there is a tls.certFile too; use one of them')
  }
  checkTls(given, problems)
  const watch = given.get('kubernetes.watch')?.raw
  if ((watch === 'api' || watch === 'both') && !given.has('kubernetes.configMap')) {
    problems.push(`kubernetes.configMap: kubernetes.watch is ${watch}; name the ConfigMap to watch`)
  }
}

// Finds pairs that contradict each other. Values that are wrong by themselves are reported elsewhere.
function checkTls(given: Layer, problems: Problems): void {
  const has = (name: SettingName): boolean => given.has(name)
  const isOn = settings['tls.selfSigned'].format.parse(given.get('tls.selfSigned')?.raw ?? '')
  for (const name of ['tls.clientCaFile', 'tls.sniDirectory'] as const) {
    if (!has(name) || has('tls.certFile') || has('tls.keyFile') || isOn === true) continue
    problems.push(
      `${name}: no TLS port opens without a certificate; set tls.certFile and tls.keyFile, or tls.selfSigned`,
    )
  }
  const version = (name: 'tls.minVersion' | 'tls.maxVersion'): string | undefined =>
    settings[name].format.parse(given.get(name)?.raw ?? settings[name].value)
  const [least, greatest] = [version('tls.minVersion'), version('tls.maxVersion')]
  // Their names are in the order of the versions: TLSv1, TLSv1.1, TLSv1.2, TLSv1.3.
  if (least !== undefined && greatest !== undefined && least > greatest) {
    problems.push(
      `tls.minVersion, tls.maxVersion: from ${least} to ${greatest} there is no version; set the first no greater than the second`,
    )
  }
}
