import { unknownVariables } from '../config/environment.ts'
import { type Loaded, loadConfig, printConfig } from '../config/load.ts'
import { bufferedBytes } from '../runtime/buffered-limit.ts'
import { explainResources } from '../runtime/machine/explain.ts'
import { filesFor } from '../runtime/machine/open-files.ts'
import { quotaFor, sizeFor } from '../runtime/machine/sizing.ts'
import { limitsFor } from '../runtime/machine/system-limits.ts'
import { poolSize } from '../runtime/pool/pool-threads.ts'
import { type Command, print, refuse } from './command.ts'
import { columns } from './layout.ts'
import { settingList } from './setting-list.ts'
import { units } from './topics.ts'
import { unknownWord } from './unknown-word.ts'

type Found = Exclude<Loaded, { readonly problems: readonly string[] }>

interface Action {
  readonly summary: string
  /** The text it prints of these settings. */
  readonly text: (found: Found) => string
}

const actions: Readonly<Record<string, Action>> = {
  print: {
    summary: 'Print the effective settings and where each came from',
    text: ({ config, origins }) => printConfig(config, origins),
  },
  explain: {
    summary: 'Print what this process may use, and which file says so',
    text: explain,
  },
  list: {
    summary: 'List every setting with its flag, variable, default and meaning',
    text: () => `${units}\n\n${settingList()}\n`,
  },
}

/** Prints something about the settings, and serves nothing. */
export const settings: Command = {
  name: 'settings',
  summary: 'Print the settings, explain or list them',
  words: Object.keys(actions),
  takesSettings: true,
  help: () => `hpdummy settings: what is set, and what follows from it

Usage: hpdummy settings print|explain|list [--SETTING=VALUE ...]

${columns(
  'Actions',
  Object.entries(actions).map(([name, { summary }]) => [name, summary]),
)}

It takes the flags, variables and files that serve takes, and serves nothing.

${columns('Examples', [
  ['hpdummy settings print --config=app.yaml', 'the settings as YAML, each with what set it'],
  ['hpdummy settings explain --workers=auto', 'cgroups, limits and the workers that follow'],
  ['hpdummy settings list', 'every setting there is'],
])}
`,
  run(world) {
    const [word = '', ...argv] = world.argv
    const action = Object.hasOwn(actions, word) ? actions[word] : undefined
    if (action === undefined) {
      return refuse(world, [unknownWord('settings', word, Object.keys(actions))])
    }
    const loaded = loadConfig(argv, world.env)
    if ('problems' in loaded) return refuse(world, loaded.problems)
    for (const warning of unknownVariables(world.env)) world.stderr.write(`hpdummy: ${warning}\n`)
    return print(world, action.text(loaded))
  },
}

function explain({ config }: Found): string {
  const quota = quotaFor(config)
  const size = sizeFor(config, quota)
  return explainResources(quota, size, {
    files: filesFor(config, size.workers),
    bufferedBytes: bufferedBytes(config, quota, size),
    pool: poolSize(config, size),
    limits: limitsFor(config, quota, size.workers),
  })
}
