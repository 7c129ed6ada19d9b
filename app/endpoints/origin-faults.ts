import type { Counts, Places } from '../traffic/hp/draw.ts'
import type { Hp } from '../traffic/hp/grammar.ts'
import type { Step } from '../traffic/scenario.ts'

/** What an origin knows about faults. */
export interface OriginFaults {
  /** Whether faults are enabled (faults.enabled). */
  readonly hasFaults: () => boolean
  /** The faults of every exchange (defaults.hp); undefined when there are none. */
  readonly defaultHp: () => Hp | undefined
  /** The current step of the scenario; undefined when no scenario runs. */
  readonly scenarioStep: () => Step | undefined
  /** The counts of exchanges that faults depend on, over all workers. */
  readonly counts: Counts & Places
  /** Whether every answer has the evidence headers (evidence.headers). */
  readonly hasEvidence: () => boolean
}
