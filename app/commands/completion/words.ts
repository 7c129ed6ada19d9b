import { commandFlags } from '../../config/flags.ts'
import { flag, text } from '../../config/formats.ts'
import { type SettingName, flagName, settings } from '../../config/settings.ts'
import type { Command, Flag } from '../command.ts'

/** What a shell may complete: one script is made of it for each shell. */
export interface Words {
  readonly commands: readonly CommandWords[]
  /** What may follow where settings may. */
  readonly flags: readonly Flag[]
}

interface CommandWords {
  readonly name: string
  /** A short line for shells that show one. */
  readonly about: string
  /** The words that may follow. */
  readonly words: readonly string[]
  readonly takesSettings: boolean
  /** Of its own; none where it takes settings. */
  readonly flags: readonly Flag[]
}

/** The words of the whole command line. */
export function wordsOf(commands: readonly Command[]): Words {
  return {
    commands: commands.map(({ name, summary, words = [], takesSettings = false, flags = [] }) => ({
      name,
      about: clause(summary),
      words,
      takesSettings,
      flags: flags
        .map((one) => ({ ...one, about: clause(one.about) }))
        .concat(flags.length > 0 ? help : []),
    })),
    flags: [
      ...(Object.keys(settings) as SettingName[]).map(flagOf),
      ...commandFlags
        .filter((name) => name.startsWith('--'))
        .map((name) => ({ name, about: '', kind: 'switch' as const, values: [] })),
    ],
  }
}

const help: Flag = { name: '--help', about: '', kind: 'switch', values: [] }

function flagOf(name: SettingName): Flag {
  const { doc, format } = settings[name]
  const isFile = (format as unknown) === text && /(?:^config|File|Directory)$/.test(name)
  const kind = (format as unknown) === flag ? 'switch' : isFile ? 'file' : 'value'
  return { name: flagName(name), about: clause(doc), kind, values: format.words ?? [] }
}

// The first clause, without what a shell would take for its own: quotes, brackets, colons.
function clause(sentence: string): string {
  const [first = ''] = sentence.split(/[;:]/)
  return first.replaceAll(/["'`[\]\\$]/g, '').trim()
}
