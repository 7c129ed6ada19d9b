import type { Phase } from './phase.ts'
import type { Conductor } from './scenario.ts'
import type { Workers } from './workers/workers.ts'

/** What readiness depends on. */
export interface Readiness {
  readonly phase: Phase
  /** False while POST /readyz/disable holds. */
  readonly isEnabled: boolean
  /** No connection has been admitted for as long as readiness.fullAfter says. */
  readonly isFull: boolean
  /** The step of the scenario that runs. */
  readonly step: Conductor['step']
  readonly workers: Pick<Workers, 'stalled' | 'count'> | undefined
}

/** Why traffic should go elsewhere, for `/readyz`; undefined when we are ready. */
export function unreadyReason({
  phase,
  isEnabled,
  isFull,
  step,
  workers,
}: Readiness): string | undefined {
  if (phase !== 'ready' || !isEnabled || workers === undefined) return 'not ready'
  if (workers.stalled.length > 0) {
    return `not ready: ${workers.stalled.length} workers do not answer`
  }
  if (workers.count === 0) return 'not ready: there is no worker'
  if (step?.isReady === false) {
    return `not ready: so says step ${step.step} of the scenario ${step.scenario}`
  }
  return isFull ? 'not ready: as many connections are open as may be' : undefined
}
