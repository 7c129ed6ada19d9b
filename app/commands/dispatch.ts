import { type World, refuse } from './command.ts'
import { serve } from './serve.ts'
import { commands, flagCommands } from './table.ts'
import { unknownWord } from './unknown-word.ts'

/**
 * Runs the command line and resolves to the exit code: 0, or 2 for wrong usage. The first word is the command; where it
 * is a flag, or there is none, the origin serves.
 */
export async function runCommand(world: World): Promise<number> {
  const [word, ...argv] = wordsOf(world.argv)
  if (word === undefined || word.startsWith('-')) return serve.run(world)
  const command = commands.find(({ name }) => name === word)
  if (command !== undefined) return command.run({ ...world, argv })
  const names = commands.map(({ name }) => name)
  return refuse(world, [unknownWord('', word, names)])
}

/** The words with those in front that a flag such as --print-config stands for. */
function wordsOf(argv: readonly string[]): readonly string[] {
  const [first = ''] = argv
  const command = first.startsWith('-') ? [] : [first]
  const rest = first === serve.name ? argv.slice(1) : argv
  for (const [flag, words] of flagCommands) {
    if (!argv.includes(flag)) continue
    if (words[0] === 'help') return ['help', ...command]
    return [...words, ...rest.filter((word) => !flagCommands.some(([other]) => other === word))]
  }
  return argv
}
