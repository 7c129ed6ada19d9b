import { type Command, print, refuse } from '../command.ts'
import { columns } from '../layout.ts'
import { surplusWords, unknownWord } from '../unknown-word.ts'
import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import { type Words, wordsOf } from './words.ts'
import { zshScript } from './zsh.ts'

const shells: Readonly<Record<string, (words: Words) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** Makes the command that prints, for a shell, the script that completes all commands. */
export function createCompletion(all: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'Print a script that completes words in bash, zsh or fish',
    words: Object.keys(shells),
    help: () => `hpdummy completion: a script that completes words in your shell

Usage: hpdummy completion bash|zsh|fish

It completes commands, flags, topics and the values that are known.

${columns('Examples', [
  ['source <(hpdummy completion bash)', 'for this shell; in ~/.bashrc for each'],
  ['source <(hpdummy completion zsh)', 'the same in ~/.zshrc, after compinit'],
  ['hpdummy completion fish | source', 'the same in ~/.config/fish/config.fish'],
])}
`,
    run(world) {
      const [word = '', ...rest] = world.argv
      const script = Object.hasOwn(shells, word) ? shells[word] : undefined
      if (script === undefined)
        return refuse(world, [unknownWord('completion', word, Object.keys(shells))])
      if (rest.length > 0) return refuse(world, [surplusWords(`completion ${word}`, rest)])
      return print(world, script(wordsOf(all())))
    },
  }
}
