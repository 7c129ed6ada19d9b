import { type Command, print, refuse } from './command.ts'
import { settingLines } from './settings.ts'
import { surplusWords, unknownWord } from './unknown-word.ts'

/** Makes the command that explains the others, and itself. */
export function createHelp(others: readonly Command[]): Command {
  const help: Command = {
    name: 'help',
    summary: 'Print this, or the help of one command',
    help: () => helpText([...others, help]),
    run(world) {
      const [word, ...rest] = world.argv
      const commands = [...others, help]
      if (word === undefined) return print(world, help.help())
      const found = commands.find(({ name }) => name === word)
      if (rest.length > 0) return refuse(world, [surplusWords(`help ${word}`, rest)])
      if (found !== undefined) return print(world, found.help())
      const names = commands.map(({ name }) => name)
      return refuse(world, [unknownWord('help', word, names)])
    },
  }
  return help
}

function helpText(commands: readonly Command[]): string {
  return `hpdummy: the origin behind your proxy

Usage: npm start -- [command] [flags]

${commands.map(({ name, summary }) => `  ${name.padEnd(22)} ${summary}`).join('\n')}

A setting is a flag, an environment variable or a line of the --config file, in that order of
precedence: --http-port, HPDUMMY_HTTP_PORT, http.port.

${settingLines()}

  --print-config         The same as settings print
  --explain-resources    The same as settings explain
  --version              The same as version
  --help                 The same as help; after a command, help of that command

Endpoints: GET /help on the traffic port.
`
}
