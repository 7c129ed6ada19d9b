import type { Command } from './command.ts'
import { createHelp } from './help.ts'
import { serve } from './serve.ts'
import { settings } from './settings.ts'
import { version } from './version.ts'

const others: readonly Command[] = [serve, settings, version]

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [...others, createHelp(others)]

/** Flags that stand for a command, and the words they stand for. The first that is given wins. */
export const flagCommands: readonly (readonly [flag: string, words: readonly string[]])[] = [
  ['--help', ['help']],
  ['-h', ['help']],
  ['--version', ['version']],
  ['--print-config', ['settings', 'print']],
  ['--explain-resources', ['settings', 'explain']],
]
