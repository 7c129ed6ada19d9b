import { commandFlags, flagsTakenByNpm, looseWords } from '../config/flags.ts'
import { type World, refuse } from './command.ts'
import { serve } from './serve.ts'
import { commands, flagCommands } from './table.ts'
import { unknownWord } from './unknown-word.ts'

/**
 * Runs the command line and resolves to the exit code: 0, or 2 for wrong usage. The first word is the command; where it
 * is a flag, or there is none, the origin serves.
 */
export async function runCommand(world: World): Promise<number> {
  const taken = takenByNpm(world)
  if (taken.length > 0) return refuse(world, taken)
  const words = wordsOf(world.argv)
  const [word, ...argv] = words
  if (word === undefined || word.startsWith('-')) {
    const late = looseWords(words).find((one) => commandOf(one) !== undefined)
    if (late === undefined) return serve.run(world)
    return refuse(world, [
      `${late}: this command comes after a flag; write it first: hpdummy ${late}`,
    ])
  }
  const command = commandOf(word)
  if (command !== undefined) return command.run({ ...world, argv })
  const names = commands.map(({ name }) => name)
  return refuse(world, [unknownWord('', word, names)])
}

function takenByNpm({ argv, env }: World): readonly string[] {
  const [word = ''] = argv
  const own = (commandOf(word)?.flags ?? []).map(({ name }) => name)
  const { flags, start } = flagsTakenByNpm(env, own)
  return flags.map((flag) => {
    const right = own.includes(flag) ? `${start} ${word} ... ${flag}` : `${start} ${flag}`
    return `${flag}: npm took this flag for one of its own; write -- before all flags: ${right} ...`
  })
}

function commandOf(word: string): (typeof commands)[number] | undefined {
  return commands.find(({ name }) => name === word)
}

/** The words, with a flag such as --print-config replaced by the command in front that it stands for. */
function wordsOf(argv: readonly string[]): readonly string[] {
  const flag = commandFlags.find((one) => argv.includes(one))
  if (flag === undefined) return argv
  const [first = ''] = argv
  const others = argv.filter((word) => !isCommandFlag(word))
  const words = flagCommands[flag]
  // `settings print --help` is about settings; `--help settings foo` has a word too many.
  if (words[0] === 'help') return [...words, ...(isFlag(first) ? looseWords(others) : [first])]
  return [...words, ...(first === serve.name ? others.slice(1) : others)]
}

function isCommandFlag(word: string): boolean {
  return commandFlags.some((flag) => flag === word)
}

function isFlag(word: string): boolean {
  return word.startsWith('-')
}
