import type { Config } from '../config/settings.ts'
import { monotonicMs } from '../telemetry/clock.ts'
import type { Scalar } from '../telemetry/slab-layout.ts'
import type { ToWorker } from './messages.ts'
import type { Phase } from './phase.ts'

/** Who drains together: all workers when the process ends, one when it alone leaves. */
export interface Crew {
  readonly sum: (scalar: Scalar) => number
  readonly latest: (scalar: Scalar) => number
  readonly tell: (message: ToWorker) => void
  /** Has everyone close their engine and end; resolves when the last is gone. */
  readonly close: () => Promise<void>
}

/** Who drains, how patiently, and who is told of it. */
export interface DrainOptions {
  readonly crew: Crew
  readonly config: Pick<Config, 'drain.quiet' | 'drain.notice' | 'drain.deadline'>
  readonly enter?: (phase: Phase, detail: object) => void
  /** Aborted by a second signal: go straight to the end. */
  readonly signal?: AbortSignal
}

/** What was open when patience was over. */
export interface Cut {
  readonly connections: number
  readonly exchanges: number
}

// How often the shared counters are looked at; far below what any drain setting would be.
const lookMs = 20

// A connection taken just before the port closed has its first request still on the way; and the port
// closes a moment after it is told to (FastListener.stopAccepting).
const firstRequestMs = 250

/**
 * The road from ready to stopped. Notice: every answer ends its connection while we still accept,
 * until nobody new has come for `drain.quiet` or `drain.notice` is over. Finishing: listen sockets are
 * closed and exchanges end by themselves, up to `drain.deadline`; clients that are connected and silent
 * are given until the end of the notice to hear of it. Then what is left is cut.
 *
 * Accepting goes on that long even when others serve the port: told to close, all clients come back at
 * once, and a port closed under them resets those the kernel has given to it (8-11 of 40 clients' in
 * 48 leavings, none this way).
 */
export async function drain({ crew, config, enter, signal }: DrainOptions): Promise<Cut> {
  const startedAt = monotonicMs()
  const elapsed = (): number => monotonicMs() - startedAt
  const isTooLate = (): boolean => signal?.aborted === true || elapsed() >= config['drain.deadline']
  const until = async (isOver: () => boolean): Promise<void> => {
    while (!isOver() && !isTooLate()) {
      await new Promise((resolve) => setTimeout(resolve, lookMs))
    }
  }
  const isNoticeOver = (): boolean => elapsed() >= config['drain.notice']
  const quietSince = (): number => Math.max(startedAt, crew.latest('lastConnectionAt'))
  const left = (): Cut => ({
    connections: crew.sum('connectionsOpen'),
    exchanges: crew.sum('exchangesActive'),
  })

  enter?.('notice', { left: left() })
  crew.tell({ type: 'drain', spreadMs: Math.min(config['drain.quiet'], config['drain.notice']) })
  await until(() => isNoticeOver() || monotonicMs() - quietSince() >= config['drain.quiet'])

  enter?.('finishing', { left: left() })
  crew.tell({ type: 'stopAccepting' })
  const toldAt = monotonicMs()
  await until(() => {
    const { connections, exchanges } = left()
    // Who is told to leave now (WebSockets, TCP) is given the moment that takes, too.
    const quietSinceMs = Math.max(toldAt, crew.latest('lastConnectionAt'))
    const hasSpoken = monotonicMs() - quietSinceMs >= firstRequestMs
    return exchanges === 0 && hasSpoken && (connections === 0 || isNoticeOver())
  })

  const cut = left()
  await crew.close()
  enter?.('stopped', { cut, seconds: elapsed() / 1000 })
  return cut
}
