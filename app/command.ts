import { type Loaded, loadConfig, printConfig } from './config.ts'
import { explainResources } from './runtime/explain.ts'
import { Primary } from './runtime/primary.ts'
import { quotaFor, sizeFor } from './runtime/sizing.ts'
import { type SettingName, environmentName, flagName, settings, showSetting } from './settings.ts'
import { createLog } from './telemetry/log.ts'

/** The world as the command line sees it, handed in so that tests can hand in another. */
export interface World {
  readonly argv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly version: string
  readonly entry: URL
}

// What prints something about the settings, and is none.
const printing = new Set(['--print-config', '--explain-resources'])

/** Runs the command line: help, version, the settings, or the origin. Wrong usage exits 2. */
export async function runCommand({ argv, env, version, entry }: World): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) return print(helpText())
  if (argv.includes('--version')) return print(`hpdummy ${version}\n`)
  const flags = argv.filter((argument) => !printing.has(argument))
  const load = (): Loaded => loadConfig(flags, env)
  const loaded = load()
  if ('problems' in loaded) {
    for (const problem of loaded.problems) process.stderr.write(`hpdummy: ${problem}\n`)
    process.exitCode = 2
    return
  }
  const { config, origins } = loaded
  if (argv.includes('--print-config')) return print(printConfig(config, origins))
  if (argv.includes('--explain-resources')) {
    const quota = quotaFor(config)
    return print(explainResources(quota, sizeFor(config, quota)))
  }
  const { log, setFormat } = await createLog(config['log.level'], config['log.format'])
  await new Primary({ config, origins, version, log, setFormat, entry, load }).start()
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

function print(text: string): void {
  process.stdout.write(text)
}
