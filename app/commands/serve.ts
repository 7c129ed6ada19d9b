import { isatty } from 'node:tty'

import { unknownVariables } from '../config/environment.ts'
import { loadConfig } from '../config/load.ts'
import { readTracing } from '../config/tracing.ts'
import type { PrimaryOptions } from '../runtime/primary.ts'
import { type Load, readConfigMap } from '../runtime/reload/sources.ts'
import { createLog } from '../telemetry/log.ts'
import { hasColors } from './colors.ts'
import { type Command, type World, refuse } from './command.ts'
import { columns } from './layout.ts'
import { settingList } from './setting-list.ts'
import { units } from './topics.ts'

/** Serves until a signal ends it. Without a command, this is what the program does. */
export const serve: Command = {
  name: 'serve',
  summary: 'Serve (this is the default)',
  takesSettings: true,
  help: () => `hpdummy serve: the origin behind your proxy

Usage: hpdummy [serve] [--SETTING=VALUE ...]

It serves until SIGTERM, SIGINT (Ctrl-C) or SIGQUIT, and then drains; a second signal ends it at
once. The log goes to standard output.

A setting is a flag, an environment variable or a line of the --config file, in that order of
precedence: --http-port, HPDUMMY_HTTP_PORT, http.port.
${units}

${settingList()}

${columns('Examples', [
  ['hpdummy serve', 'HTTP on 8080 and 8081, gRPC on 50051, probes and metrics on 9000'],
  [
    'hpdummy --http-port=0 --log-format=json',
    'any free port; a log for machines on a terminal, too',
  ],
  ['hpdummy --tls-self-signed', 'TLS too, with a certificate made at start'],
  ['hpdummy --config=app.yaml', 'settings from a file, followed while it serves'],
])}
`,
  run,
}

async function run(world: World): Promise<number> {
  const { argv, env, version, entry, takeSignals } = world
  const load: Load = (configMap) => loadConfig(argv, env, configMap)
  const loaded = load()
  if ('problems' in loaded) return refuse(world, loaded.problems)
  const { config } = loaded
  const warnings = unknownVariables(env)
  const common = { version, entry, takeSignals, load, env, warnings, tracing: readTracing(env) }
  if (config['kubernetes.watch'] !== 'api') return start({ ...common, loaded })
  const configMap = await readConfigMap(config['kubernetes.configMap'] ?? '').catch(
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  if (typeof configMap === 'string') return start({ ...common, loaded, trouble: configMap })
  const whole = load(configMap)
  if ('problems' in whole) return refuse(world, whole.problems)
  return start({ ...common, loaded: whole, configMap })
}

interface Start extends Pick<
  PrimaryOptions,
  'version' | 'entry' | 'takeSignals' | 'load' | 'tracing' | 'configMap'
> {
  readonly loaded: Pick<PrimaryOptions, 'config' | 'origins'>
  readonly env: NodeJS.ProcessEnv
  /** Sentences about what was given and has no effect. */
  readonly warnings: readonly string[]
  /** Why the start goes on without the ConfigMap. */
  readonly trouble?: string
}

// The origin, once started, ends the process itself.
async function start({ loaded, trouble, warnings, env, ...options }: Start): Promise<number> {
  const { config } = loaded
  // Loaded when there is something to start: what only prints takes two thirds of the time.
  const { Primary } = await import('../runtime/primary.ts')
  const isTerminal = isatty(1)
  const logging = await createLog(config['log.level'], config['log.format'], {
    isTerminal,
    hasColors: hasColors(env, isTerminal),
  })
  for (const warning of warnings) logging.log.warn(warning)
  if (trouble !== undefined) logging.log.warn({ trouble }, 'starting without the ConfigMap')
  await new Primary({ ...loaded, ...options, ...logging }).start()
  return 0
}
