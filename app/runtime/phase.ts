/** How far the origin is in its life; the order is the value of hpdummy_drain_phase. */
export const phases = ['starting', 'ready', 'notice', 'finishing', 'stopped'] as const

export type Phase = (typeof phases)[number]

/** Draining covers both of its parts: while connections are still accepted, and afterwards. */
export function isDrainPhase(phase: Phase): boolean {
  return phases.indexOf(phase) > phases.indexOf('ready')
}
