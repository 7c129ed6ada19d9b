import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'

import type { Limits, Origin } from '../endpoints/endpoint.ts'
import { httpRows, unknownPathRow, wsRows } from '../endpoints/table.ts'
import { FastWebSockets } from '../listeners/fast-ws.ts'
import { FastListener } from '../listeners/fast.ts'
import type { Listener } from '../listeners/listener.ts'
import type { Config } from '../settings.ts'
import { readBoard } from '../telemetry/board.ts'
import { Slab } from '../telemetry/slab.ts'
import { watchVitals } from '../telemetry/vitals.ts'
import type { Witness } from '../telemetry/witness.ts'
import { createRandom } from '../traffic/random.ts'
import type { FromWorker, ToWorker, WorkerData } from './messages.ts'
import { createObservers } from './observers.ts'

/** Opens this worker's listeners, serves, and leaves the thread when the primary says so. */
export async function runWorker(): Promise<void> {
  // Node types it as anything; the primary is the only one who starts workers.
  const data = workerData as WorkerData
  const slab = new Slab(data.slab)
  let isDraining = false
  const current = { config: data.config, limits: limitsOf(data.config) }
  const origin = createOrigin(data, {
    isDraining: () => isDraining,
    limits: () => current.limits,
    echoBodyBytes: () => current.config['echo.bodyLimit'],
  })
  const observers = await createObservers({
    worker: data.index,
    version: data.version,
    tracing: data.tracing,
    logsRequests: () => logsRequests(current.config),
    send: post,
    drop: (lines) => slab.add('logLinesDropped', lines),
  })
  const { witness } = observers
  const listeners = createListeners(data, { origin, slab, witness, onBug })

  function onBug(error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    post({ type: 'bug', stack })
    leave(1)
  }

  // A thread may end only after its engine is closed: with an app open the process aborts (134).
  function leave(code: number): void {
    for (const listener of listeners) listener.close()
    // Not at once, so that what was posted and written before gets out.
    void observers.end().finally(() => setImmediate(() => process.exit(code)))
  }

  process.on('uncaughtException', onBug)
  process.on('unhandledRejection', onBug)
  parentPort?.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'configure':
        current.config = message.config
        current.limits = limitsOf(message.config)
        return post({ type: 'configured', version: message.version })
      case 'logged':
        return observers.flushed()
      case 'drain':
        isDraining = true
        for (const listener of listeners) listener.drain(message.spreadMs)
        return
      case 'stopAccepting':
        for (const listener of listeners) listener.stopAccepting()
        return
      case 'close':
        leave(0)
    }
  })
  watchVitals(slab)
  await openAll(listeners, leave)
}

async function openAll(
  listeners: readonly Listener[],
  leave: (code: number) => void,
): Promise<void> {
  try {
    for (const listener of listeners) await listener.open()
    post({ type: 'ready' })
  } catch (error) {
    post({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
    leave(1)
  }
}

function createListeners(
  { host, ports, tls }: WorkerData,
  shared: {
    readonly origin: Origin
    readonly slab: Slab
    readonly witness: () => Witness | undefined
    readonly onBug: (error: unknown) => void
  },
): readonly Listener[] {
  const create = (name: string, port: number, files: WorkerData['tls']): Listener =>
    new FastListener({
      ...shared,
      name,
      host,
      port,
      ...(files && { tls: files }),
      rows: httpRows,
      unknownPathRow,
      webSockets: new FastWebSockets({ ...shared, rows: wsRows, firstRoute: httpRows.length }),
    })
  const http = create('http', ports.http, undefined)
  return ports.https === undefined ? [http] : [http, create('https', ports.https, tls)]
}

function createOrigin(
  { version, block, board }: WorkerData,
  changing: Pick<Origin, 'isDraining' | 'limits' | 'echoBodyBytes'>,
): Origin {
  return {
    ...changing,
    hostname: hostname(),
    version,
    block: new Uint8Array(block),
    stats: () => readBoard(board),
    random: createRandom(randomInt(2 ** 32)),
    healthChecks: { accepting: () => !changing.isDraining() },
  }
}

// A line of the access log is information, like any other.
function logsRequests(config: Config): boolean {
  const level = config['log.level']
  return config['log.requests'] && (level === 'info' || level === 'debug')
}

function limitsOf(config: Config): Limits {
  return {
    delayMs: config['limits.delay'],
    payloadBytes: config['limits.payload'],
    bodyBytes: config['limits.body'],
    count: config['limits.count'],
  }
}

function post(message: FromWorker): void {
  parentPort?.postMessage(message)
}
