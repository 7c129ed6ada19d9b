import type { commandFlags } from '../config/flags.ts'
import type { Command } from './command.ts'
import { createCompletion } from './completion/completion.ts'
import { createHelp } from './help.ts'
import { load } from './load.ts'
import { serve } from './serve.ts'
import { settings } from './settings.ts'
import { verify } from './verify.ts'
import { version } from './version.ts'

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [
  serve,
  verify,
  load,
  settings,
  version,
  createCompletion(() => commands),
  createHelp(() => commands),
]

/** The words that each flag that stands for a command stands for. */
export const flagCommands: Readonly<Record<(typeof commandFlags)[number], readonly string[]>> = {
  '--help': ['help'],
  '-h': ['help'],
  '--version': ['version'],
  '--print-config': ['settings', 'print'],
  '--explain-resources': ['settings', 'explain'],
}
