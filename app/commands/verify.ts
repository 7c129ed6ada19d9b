import type { Command } from './command.ts'

/**
 * Judges the proxy in front of the origin. Its checks are loaded when they are asked for: a server that starts would spend
 * 0.11-0.15 s of CPU on them.
 */
export const verify: Command = {
  name: 'verify',
  summary: 'Find out what a proxy in front of the origin does',
  async help() {
    const { verifyHelp } = await import('./verify-run.ts')
    return verifyHelp()
  },
  async run(world) {
    const { runVerify } = await import('./verify-run.ts')
    return runVerify(world)
  },
}
