import type { Config } from '../config/settings.ts'
import { monotonicMs } from '../telemetry/clock.ts'
import type { Scalar } from '../telemetry/slab-layout.ts'
import { formatDurationMs } from '../traffic/units.ts'
import type { DrainScope, ToWorker } from './messages.ts'
import type { Phase } from './phase.ts'
import type { Departure } from './sockets/steering.ts'

/** The workers that drain together: all when the process ends, one when it alone leaves. */
export interface Crew {
  readonly scope: DrainScope
  readonly sum: (scalar: Scalar) => number
  readonly latest: (scalar: Scalar) => number
  /** Steers new connections to other sockets on the same ports, if there are any. */
  readonly steerAway: () => Promise<Departure>
  readonly tell: (message: ToWorker) => void
  /** Closes all engines and ends the threads; resolves when the last thread has ended. */
  readonly close: () => Promise<void>
}

/** What drains, how long each phase may take, and the callback for each phase. */
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

// How often the shared counters are read: much shorter than any sensible drain setting.
const lookMs = 20

// A connection taken just before the port closed has its first request still on the way; and the port
// closes a moment after FastListener.stopAccepting.
const firstRequestMs = 250

/**
 * The way from ready to stopped. Notice: every answer ends its connection, and new connections are still accepted until
 * none has come for `drain.quiet` or `drain.notice` is over. Finishing: listening sockets are closed and exchanges end
 * by themselves, up to `drain.deadline`. Clients that are connected but silent have until the end of the notice. Then
 * the rest is cut.
 *
 * A port that closes resets the connections that the kernel has queued on it. So new connections are steered to other
 * sockets on the port from the start, and our sockets are soon quiet. Where steering is not possible, a port still goes
 * on accepting: clients whose connections were closed all come back at once. When ports closed at that moment, 8-11 of
 * 40 were reset in 48 departures; none this way.
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
  const isQuiet = (): boolean => monotonicMs() - quietSince() >= config['drain.quiet']
  const left = (): Cut => ({
    connections: crew.sum('connectionsOpen'),
    exchanges: crew.sum('exchangesActive'),
  })

  enter?.('notice', { left: left(), waitingFor: quietTime(config) })
  crew.tell({
    type: 'drain',
    spreadMs: Math.min(config['drain.quiet'], config['drain.notice']),
    scope: crew.scope,
  })
  const departure = await crew.steerAway()
  await until(() => isNoticeOver() || (isQuiet() && departure.isEmpty()))
  // They were not steered elsewhere, or the other sockets are closed by now.
  if (!isQuiet() || !departure.isEmpty()) departure.cancel()

  enter?.('finishing', { left: left(), waitingFor: openWork(left(), config) })
  crew.tell({ type: 'stopAccepting' })
  const toldAt = monotonicMs()
  await until(() => {
    if (crew.sum('portsOpen') === 0) departure.finish()
    const { connections, exchanges } = left()
    // Clients that are dismissed now (WebSockets, TCP) get as long as this takes.
    const quietSinceMs = Math.max(toldAt, crew.latest('lastConnectionAt'))
    const hasSpoken = monotonicMs() - quietSinceMs >= firstRequestMs
    return exchanges === 0 && hasSpoken && (connections === 0 || isNoticeOver())
  })

  departure.finish()
  const cut = left()
  await crew.close()
  enter?.('stopped', { cut, seconds: elapsed() / 1000 })
  return cut
}

function quietTime(config: DrainOptions['config']): string {
  const [quiet, notice] = [config['drain.quiet'], config['drain.notice']].map(formatDurationMs)
  return `${quiet} without a new connection (drain.quiet), at most ${notice} (drain.notice); probes of /health do not count`
}

function openWork({ connections, exchanges }: Cut, config: DrainOptions['config']): string {
  const deadline = formatDurationMs(config['drain.deadline'])
  return `${exchanges} exchanges and ${connections} connections to end, at most ${deadline} from the beginning (drain.deadline)`
}
