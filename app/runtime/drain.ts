import type { Config } from '../settings.ts'
import type { Phase } from './phase.ts'
import type { Workers } from './workers.ts'

/** Who drains, how patiently, and who is told of it. */
export interface DrainOptions {
  readonly config: Config
  readonly workers: Workers
  readonly enter: (phase: Phase, detail: object) => void
  /** Aborted by a second signal: go straight to the end. */
  readonly signal: AbortSignal
}

// How often the shared counters are looked at; far below what any drain setting would be.
const lookMs = 20

/**
 * The road from ready to stopped. Notice: every answer ends its connection while we still accept,
 * until nobody new has come for `drain.quiet` or `drain.notice` is over. Finishing: listen sockets are
 * closed and exchanges end by themselves, up to `drain.deadline`; clients that are connected and silent
 * are given until the end of the notice to hear of it. Then what is left is cut.
 */
export async function drain({ config, workers, enter, signal }: DrainOptions): Promise<void> {
  const startedAt = Date.now()
  const elapsed = (): number => Date.now() - startedAt
  const until = async (isOver: () => boolean): Promise<void> => {
    while (!isOver() && elapsed() < config['drain.deadline'] && !signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, lookMs))
    }
  }
  const isNoticeOver = (): boolean => elapsed() >= config['drain.notice']
  const quietSince = (): number => Math.max(startedAt, workers.latest('lastConnectionAt'))

  enter('notice', { open: workers.sum('connectionsOpen') })
  workers.tell({ type: 'drain', spreadMs: Math.min(config['drain.quiet'], config['drain.notice']) })
  await until(() => isNoticeOver() || Date.now() - quietSince() >= config['drain.quiet'])

  enter('finishing', {
    open: workers.sum('connectionsOpen'),
    active: workers.sum('exchangesActive'),
  })
  workers.tell({ type: 'stopAccepting' })
  await until(
    () =>
      workers.sum('exchangesActive') === 0 &&
      (isNoticeOver() || workers.sum('connectionsOpen') === 0),
  )

  const cut = {
    connections: workers.sum('connectionsOpen'),
    exchanges: workers.sum('exchangesActive'),
  }
  await workers.close()
  enter('stopped', { cut, seconds: elapsed() / 1000 })
}
