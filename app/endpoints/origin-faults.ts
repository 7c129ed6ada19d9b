import type { Counts, Places } from '../traffic/hp/draw.ts'
import type { Hp } from '../traffic/hp/grammar.ts'
import type { Step } from '../traffic/scenario.ts'

/** What an origin knows of what is to go wrong on purpose. */
export interface OriginFaults {
  /** Whether anything may (faults.enabled). */
  readonly hasFaults: () => boolean
  /** What every exchange is to suffer (defaults.hp); undefined when nothing. */
  readonly defaultHp: () => Hp | undefined
  /** The step of the scenario that runs now; undefined when none does. */
  readonly scenarioStep: () => Step | undefined
  /** What exchanges are counted by for faults, over all workers. */
  readonly counts: Counts & Places
  /** Whether every answer has the evidence headers (evidence.headers). */
  readonly hasEvidence: () => boolean
}
