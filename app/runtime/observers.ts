import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

import type { TracingRequest } from '../config/tracing.ts'
import { AccessLog } from '../telemetry/access-log.ts'
import { methodOf, startTracing } from '../telemetry/tracing.ts'
import { type Observer, type Witness, type Witnessed, createWitness } from '../telemetry/witness.ts'
import type { FromWorker } from './messages.ts'

/** Whose exchanges are observed, and where the result goes. */
export interface ObserversOptions {
  readonly worker: number
  readonly version: string
  /** Set when traces are asked for. */
  readonly tracing: TracingRequest | undefined
  readonly logsRequests: () => boolean
  readonly send: (message: FromWorker) => void
  /** Counts lines of the access log that were dropped. */
  readonly drop: (lines: number) => void
}

/** The observers of a worker's single exchanges: the access log and the tracer, each when it is enabled. */
export interface Observers {
  /** Undefined while nothing observes. */
  readonly witness: () => Witness | undefined
  /** The last lines of the access log are written. */
  readonly flushed: () => void
  /** Sends and exports what is left; resolves when that is done, or when no collector answers. */
  readonly end: () => Promise<void>
}

// An exporter that cannot reach its collector gets no more time than this.
const exportMs = 2000

// Each one is a message to the primary. A scrape takes the latest.
const exemplarEveryMs = 100

/** Creates the observers that are enabled. The tracer takes half a second. */
export async function createObservers(options: ObserversOptions): Promise<Observers> {
  const { worker, version, logsRequests, send, drop } = options
  const sendLines = (lines: string): void => send({ type: 'log', lines })
  const accessLog = new AccessLog({ worker, drop, send: sendLines })
  const tracing = options.tracing
    ? await startTracing({
        ...options.tracing,
        version,
        onSampled: sampleExemplars(send),
        onTrouble: (message) => sendLines(troubleLine(worker, message)),
      })
    : undefined
  // Each of them observes every exchange once, on all listeners.
  const observers: readonly Observer[] = [
    { isOn: logsRequests, ended: (exchange) => accessLog.write(exchange) },
  ]
  return {
    witness: createWitness(tracing?.trace, observers),
    flushed: () => accessLog.flushed(),
    async end() {
      accessLog.end()
      if (tracing !== undefined) await Promise.race([tracing.end(), sleep(exportMs)])
    },
  }
}

function sampleExemplars(
  send: ObserversOptions['send'],
): (exchange: Witnessed, traceId: string, spanId: string) => void {
  let sentAt = 0
  return ({ listener, route, method, status, injected, startedAt }, traceId, spanId) => {
    const now = performance.now()
    if (now - sentAt < exemplarEveryMs) return
    sentAt = now
    const seconds = (now - startedAt) / 1000
    const at = Date.now() / 1000
    send({
      type: 'exemplar',
      exemplar: {
        listener,
        route,
        method: methodOf({ method }),
        status,
        isInjected: injected.length > 0,
        seconds,
        traceId,
        spanId,
        at,
      },
    })
  }
}

function troubleLine(worker: number, message: string): string {
  const time = new Date().toISOString()
  return `${JSON.stringify({ level: 'warn', time, msg: 'tracing', worker, message })}\n`
}
