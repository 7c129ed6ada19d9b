import { parentPort, resourceLimits, workerData } from 'node:worker_threads'

import { Buffered } from '../../budgets/buffered.ts'
import { Connections } from '../../budgets/connections.ts'
import type { Config } from '../../config/settings.ts'
import { RateLimit, type RateTuning } from '../../listeners/http/rate-limit.ts'
import type { Listener } from '../../listeners/listener.ts'
import { TlsContexts } from '../../listeners/port/node-tls.ts'
import { isShortage } from '../../look.ts'
import { type Slab, type Slabs, openSlabs } from '../../telemetry/slab.ts'
import { watchVitals } from '../../telemetry/vitals.ts'
import { podOf } from '../identity.ts'
import { type Shared, createListeners } from '../listeners.ts'
import { heapRoomBytes } from '../machine/heap.ts'
import { guardMemory } from '../machine/memory-guard.ts'
import type { DrainScope, FromWorker, ToWorker, WorkerData } from '../messages.ts'
import { type Observers, createObservers } from '../observers.ts'
import { WorkPool } from '../pool/work-pool.ts'
import { openLedger } from './ledger.ts'
import { Performer, createOrigin, currentOf } from './origin.ts'
import { watchFiles } from './spare-file.ts'
import { ownThreadId } from './thread-time.ts'

/** Opens this worker's listeners and leaves the thread when the primary says so; serves in between. */
export async function runWorker(): Promise<void> {
  // Node types it as anything; only the primary starts workers.
  const data = workerData as WorkerData
  const slabs = openSlabs(data.slab)
  // What a worker counts about itself is in the first section.
  const slab = slabs.fast
  let drainScope: DrainScope | undefined
  const current = currentOf(data.config, data.hpReadAt)
  const config = (): Config => current.config
  const performer = new Performer(data.scenario, podOf(data.config))
  const pool = createPool(data, config, slab)
  const { ledger, reader } = openLedger(data, config)
  const hands = { pool, performer, ledger: reader, drainScope: () => drainScope }
  const origin = createOrigin(data, current, hands)
  const observers = await createObservers({
    worker: data.index,
    version: data.version,
    tracing: data.tracing,
    logsRequests: () => logsRequests(config()),
    send: post,
    drop: (lines) => slab.add('logLinesDropped', lines),
  })
  const contexts = data.tls && new TlsContexts(data.tls)
  const charges = chargesOf(data, config)
  const shared = { contexts, origin, slabs, onBug, witness: observers.witness, ledger, ...charges }
  const listeners = createListeners(data, { ...shared, config })

  function onBug(error: unknown): void {
    if (isShortage(error)) return reportShortage(error)
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    post({ type: 'bug', stack })
    leave(1)
  }

  // A thread may end only after its engine is closed: with an app open the process aborts (134).
  function leave(code: number): void {
    ledger.isClosing = true
    for (const listener of listeners) listener.close()
    void untilEnded(slabs).then(() => endThread(observers, code))
  }

  for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, onBug)
  parentPort?.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'open':
        return void openAll(listeners, leave)
      case 'configure':
        Object.assign(current, currentOf(message.config, message.hpReadAt))
        for (const one of [charges.rateLimit, ledger, ...listeners]) one.retune?.()
        return post({ type: 'configured', version: message.version })
      case 'perform':
        return performer.begin(message.scenario)
      case 'logged':
        return observers.flushed()
      case 'renewCertificates':
        return void renewAll([{ renewCertificates: async () => contexts?.renew() }, ...listeners])
      case 'drain':
        drainScope = message.scope
        for (const listener of listeners) listener.drain(message.spreadMs)
        return pool.drain(config()['drain.deadline'])
      case 'stopAccepting':
        for (const listener of listeners) listener.stopAccepting()
        return
      case 'close':
        leave(0)
    }
  })
  slab.set('threadId', ownThreadId())
  watchVitals(slab)
}

function createPool({ budgets }: WorkerData, config: () => Config, slab: Slab): WorkPool {
  return new WorkPool({
    jobs: budgets.jobs,
    timeoutMs: () => config()['request.timeout'],
    onFull: () => slab.add('workRefused', 1),
  })
}

/** This worker's views of what all share. */
function chargesOf(
  data: WorkerData,
  config: () => Config,
): Pick<Shared, 'connections' | 'buffered' | 'rateLimit'> {
  const { maxOldGenerationSizeMb: oldMiB = Number.POSITIVE_INFINITY } = resourceLimits
  const buffered = new Buffered(data.budgets.buffered, data.seat, heapRoomBytes(oldMiB))
  guardMemory({ buffered })
  const rateLimit = new RateLimit(data.budgets.rates, () => rateTuningOf(config()))
  return { connections: createConnections(data), buffered, rateLimit }
}

function rateTuningOf(config: Config): RateTuning {
  const perSecond = config['rateLimit.rps']
  const burst = config['rateLimit.burst']
  return {
    perSecond,
    burst: burst === 'auto' ? perSecond : burst,
    perIp: config['rateLimit.perIp'],
    all: config['rateLimit.all'],
  }
}

type CertificateOwner = Pick<Listener, 'renewCertificates'>

// The primary has found the files valid, but they may be in the middle of the next change. The primary reports the end
// of that one, too; this covers a change whose end nobody sees.
const renewTries = 5
const renewAgainMs = 1000

/** Renews the certificates that several listeners share, and those that belong to one listener. */
async function renewAll(owners: readonly CertificateOwner[], tries = renewTries): Promise<void> {
  const outcomes = await Promise.allSettled(
    owners.map(async (owner) => owner.renewCertificates?.()),
  )
  const behind = owners.filter((_, index) => outcomes[index]?.status === 'rejected')
  if (behind.length === 0) return
  if (tries === 1) return tellOfOld(outcomes)
  setTimeout(() => void renewAll(behind, tries - 1), renewAgainMs).unref()
}

function tellOfOld(outcomes: readonly PromiseSettledResult<void>[]): void {
  const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
  postLine({ level: 'error', msg: 'a worker goes on with the certificates it has', reasons })
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

function createConnections({ budgets, seat }: WorkerData): Connections {
  const connections = new Connections(budgets, seat)
  watchFiles(connections)
  process.once('exit', () => connections.release())
  return connections
}

// A line of the access log has the level info, like any other.
function logsRequests(config: Config): boolean {
  const level = config['log.level']
  return config['log.requests'] && (level === 'info' || level === 'debug')
}

// Between two log lines about it, however many things fail.
const shortageEveryMs = 10_000
let shortageToldAt = Number.NEGATIVE_INFINITY

// A request that failed for want of a file or the like is undone, as after any refusal. The worker is intact.
function reportShortage(error: unknown): void {
  const now = performance.now()
  if (now - shortageToldAt < shortageEveryMs) return
  shortageToldAt = now
  postLine({
    level: 'error',
    msg: 'the system had too little of something; serving goes on',
    error: String(error),
  })
}

function postLine(told: Readonly<Record<string, unknown>>): void {
  const line = { time: new Date().toISOString(), ...told }
  post({ type: 'log', lines: `${JSON.stringify(line)}\n` })
}

function post(message: FromWorker): void {
  parentPort?.postMessage(message)
}

// A socket's 'close' comes a turn after it is destroyed, that of an HTTP/2 stream some turns later. An exchange that
// does not end within this many turns never will.
const mostTurns = 100

/** Resolves when every exchange that was cut has been recorded. */
async function untilEnded(slabs: Slabs): Promise<void> {
  const isActive = (): boolean =>
    Object.values(slabs).some((slab) => slab.get('exchangesActive') > 0)
  for (let turn = 0; turn < mostTurns && isActive(); turn++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function endThread(observers: Observers, code: number): Promise<void> {
  await observers.end().catch(() => {})
  // Not at once, so that earlier messages and writes are still delivered.
  setImmediate(() => process.exit(code))
}
