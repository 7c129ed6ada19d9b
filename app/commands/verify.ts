import { type Command, flagRow } from './command.ts'
import { verifyFlags } from './verify-flags.ts'

/**
 * Judges the proxy in front of the origin. Its checks are loaded when they are asked for: a server that starts would spend
 * 0.11-0.15 s of CPU on them.
 */
export const verify: Command = {
  name: 'verify',
  summary: 'Find out what a proxy in front of the origin does',
  flags: Object.entries(verifyFlags)
    .filter(([, { isPlanned = false }]) => !isPlanned)
    .map(([name, row]) => flagRow(`--${name}`, { ...row, about: row.text })),
  async help() {
    const { verifyHelp } = await import('./verify-run.ts')
    return verifyHelp()
  },
  async run(world) {
    const { runVerify } = await import('./verify-run.ts')
    return runVerify(world)
  },
}
