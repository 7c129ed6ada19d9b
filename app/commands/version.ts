import { type Command, print } from './command.ts'

/** Prints the version. */
export const version: Command = {
  name: 'version',
  summary: 'Print the version',
  help: () => `hpdummy version: print the version

Usage: npm start -- version
`,
  run: (world) => print(world, `hpdummy ${world.version}\n`),
}
