import { type Command, print, refuse } from './command.ts'
import { columns } from './layout.ts'
import { surplusWords } from './unknown-word.ts'

/** Prints the version. */
export const version: Command = {
  name: 'version',
  summary: 'Print the version',
  help: () => `hpdummy version: print the version

Usage: hpdummy version

${columns('Examples', [['hpdummy version', 'the same as hpdummy --version']])}
`,
  run(world) {
    if (world.argv.length > 0) return refuse(world, [surplusWords('version', world.argv)])
    return print(world, `hpdummy ${world.version}\n`)
  },
}
