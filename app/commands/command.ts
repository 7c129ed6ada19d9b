import { loadConfig, printConfig } from '../config/load.ts'
import {
  type SettingName,
  environmentName,
  flagName,
  settings,
  showSetting,
} from '../config/settings.ts'
import { readTracing } from '../config/tracing.ts'
import { bufferedBytes } from '../runtime/buffered-limit.ts'
import { explainResources } from '../runtime/machine/explain.ts'
import { filesFor } from '../runtime/machine/open-files.ts'
import { quotaFor, sizeFor } from '../runtime/machine/sizing.ts'
import type { PrimaryOptions } from '../runtime/primary.ts'
import { type Load, readConfigMap } from '../runtime/reload/sources.ts'
import { createLog } from '../telemetry/log.ts'

/** The world as the command line sees it, handed in so that tests can hand in another. */
export interface World extends Pick<PrimaryOptions, 'version' | 'entry' | 'takeSignals'> {
  readonly argv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly stdout: Output
  readonly stderr: Output
}

/** Where text for a person goes. */
export interface Output {
  write(text: string): unknown
}

// What prints something about the settings, and is none.
const printing = new Set(['--print-config', '--explain-resources'])

/**
 * Runs the command line: help, version, the settings, or the origin. Resolves to the exit code: 0, or 2 for
 * wrong usage. The origin, once started, ends the process itself.
 */
export async function runCommand({ argv, env, stdout, stderr, ...world }: World): Promise<number> {
  const print = (text: string): number => {
    stdout.write(text)
    return 0
  }
  const refuse = (problems: readonly string[]): number => {
    for (const problem of problems) stderr.write(`hpdummy: ${problem}\n`)
    return 2
  }
  if (argv.includes('--help') || argv.includes('-h')) return print(helpText())
  if (argv.includes('--version')) return print(`hpdummy ${world.version}\n`)
  const flags = argv.filter((argument) => !printing.has(argument))
  const load: Load = (configMap) => loadConfig(flags, env, configMap)
  const loaded = load()
  if ('problems' in loaded) return refuse(loaded.problems)
  const { config, origins } = loaded
  if (argv.includes('--print-config')) return print(printConfig(config, origins))
  if (argv.includes('--explain-resources')) {
    const quota = quotaFor(config)
    const size = sizeFor(config, quota)
    const budgets = {
      files: filesFor(config, size.workers),
      bufferedBytes: bufferedBytes(config, quota, size),
    }
    return print(explainResources(quota, size, budgets))
  }
  const common = { ...world, load, tracing: readTracing(env) }
  if (config['kubernetes.watch'] !== 'api') return start({ ...common, loaded })
  const configMap = await readConfigMap(config['kubernetes.configMap'] ?? '').catch(
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  if (typeof configMap === 'string') return start({ ...common, loaded, trouble: configMap })
  const whole = load(configMap)
  if ('problems' in whole) return refuse(whole.problems)
  return start({ ...common, loaded: whole, configMap })
}

type Common = Pick<PrimaryOptions, 'version' | 'entry' | 'takeSignals' | 'load' | 'tracing'>

interface Start extends Common, Pick<PrimaryOptions, 'configMap'> {
  readonly loaded: Pick<PrimaryOptions, 'config' | 'origins'>
  /** Why the start goes on without the ConfigMap. */
  readonly trouble?: string
}

async function start({ loaded, trouble, ...options }: Start): Promise<number> {
  const { config } = loaded
  // Loaded when there is something to start: what only prints is done in two thirds of the time.
  const { Primary } = await import('../runtime/primary.ts')
  const logging = await createLog(config['log.level'], config['log.format'])
  if (trouble !== undefined) logging.log.warn({ trouble }, 'starting without the ConfigMap')
  await new Primary({ ...loaded, ...options, ...logging }).start()
  return 0
}

/** The text of --help: every setting with its flag, environment variable, default and meaning. */
export function helpText(): string {
  const rows = (Object.keys(settings) as SettingName[]).map((name) => {
    const { doc, format, value } = settings[name]
    const shown = showSetting(name, value) ?? 'none'
    return `  ${flagName(name).padEnd(22)} ${doc}\n${' '.repeat(25)}default ${shown}; ${format.allowed}; ${environmentName(name)}`
  })
  return `hpdummy: the origin behind your proxy

Usage: npm start -- [flags]

A setting is a flag, an environment variable or a line of the --config file, in that order of
precedence: --http-port, HPDUMMY_HTTP_PORT, http.port.

${rows.join('\n')}

  --print-config         Print the effective settings and where each came from
  --explain-resources    Print what this process may use, and which file says so
  --version              Print the version
  --help                 Print this

Endpoints: GET /help on the traffic port.
`
}
