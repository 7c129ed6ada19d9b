import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'

import { BufferedTotals } from '../../budgets/buffered.ts'
import { ConnectionTotals } from '../../budgets/connections.ts'
import type { Exemplar } from '../../telemetry/exemplars.ts'
import type { Scalar } from '../../telemetry/slab-layout.ts'
import { readScalar, resetGauges } from '../../telemetry/slab-reader.ts'
import type { Heap } from '../machine/heap.ts'
import type { FromWorker, ToWorker, WorkerData } from '../messages.ts'

/** How large a worker is, its number, and what is called when it dies. */
export interface WorkerThreadOptions {
  readonly heap: Heap
  readonly seat: number
  readonly onLost: (reason: string) => void
  readonly relay: Relay
}

/** What the primary does for a worker. */
export interface Relay {
  /** Writes whole lines to the log; resolves when they are out. */
  readonly writeLines: (lines: string) => Promise<void>
  readonly noteExemplar: (exemplar: Exemplar) => void
}

/** A worker as the primary sees it: what it opened, how it counts, how it ends. */
export class WorkerThread {
  readonly index: number
  /** Its number in metrics, inherited from an earlier worker. */
  readonly seat: number
  readonly slab: SharedArrayBuffer
  /** Resolves when the thread is gone; nothing writes to the slab then. */
  readonly gone: Promise<void>
  /** Resolves when all ports are open; rejects when one could not be. */
  readonly ready: Promise<void>
  /** The settings it has confirmed, by their version. */
  configVersion: number
  /** Set once its end was asked for. */
  isLeaving = false
  /** Set while it gives no sign of life. */
  isStalled = false
  /** Set while a heap snapshot stops it. */
  isHeld = false
  /** For profiles; messages go through `tell`. */
  readonly thread: Worker
  #loop: EventLoopUtilization | undefined
  #lastWords: string
  #isReady = false

  constructor(entry: URL, data: WorkerData, { heap, seat, onLost, relay }: WorkerThreadOptions) {
    this.index = data.index
    this.seat = seat
    this.slab = data.slab
    this.configVersion = data.configVersion
    this.#lastWords = `worker ${data.index} ended by itself`
    const thread = new Worker(entry, {
      workerData: data,
      resourceLimits: {
        maxOldGenerationSizeMb: heap.oldMiB,
        maxYoungGenerationSizeMb: heap.youngMiB,
      },
    })
    this.thread = thread
    thread.on('error', (error) => {
      const stack = error instanceof Error ? error.stack : String(error)
      this.#lastWords = `worker ${data.index}: ${stack}`
    })
    this.gone = new Promise((resolve) => {
      thread.once('exit', () => {
        resetGauges(data.slab)
        const { connections, accounts } = data.budgets
        new ConnectionTotals(connections, accounts).vacate(seat)
        new BufferedTotals(data.budgets.buffered).vacate(seat)
        resolve()
        // When a worker never got ready, whatever waits for it gets the error. Workers that serve go on.
        if (!this.isLeaving && this.#isReady) onLost(this.#lastWords)
      })
    })
    this.ready = this.#listen(relay)
    // Whatever waits for it sees the rejection. Nothing may wait for it any more.
    this.ready.catch(() => {})
  }

  tell(message: ToWorker): void {
    if (message.type === 'close') this.isLeaving = true
    this.thread.postMessage(message)
  }

  /** Whether a sign of life is to be expected: it has begun to serve and is not stopped by us. */
  get isExpected(): boolean {
    return this.#isReady && !this.isHeld
  }

  /** Share of its time the event loop was busy since the last call; read without asking the thread. */
  utilization(): number {
    const now = this.thread.performance.eventLoopUtilization()
    const since = performance.eventLoopUtilization(now, this.#loop)
    this.#loop = now
    // A thread that has not begun yet reports nonsense (-1.6 was seen).
    return Math.min(1, Math.max(0, since.utilization))
  }

  read(scalar: Scalar): number {
    return readScalar(this.slab, scalar)
  }

  #listen(relay: Relay): Promise<void> {
    return new Promise((resolve, reject) => {
      void this.gone.then(() => reject(new Error(this.#lastWords)))
      this.thread.on('message', (message: FromWorker) => {
        switch (message.type) {
          case 'ready':
            this.#isReady = true
            return resolve()
          case 'failed':
            this.isLeaving = true
            return reject(new Error(message.message))
          case 'configured':
            this.configVersion = message.version
            return
          case 'log':
            return void relay.writeLines(message.lines).then(() => this.tell({ type: 'logged' }))
          case 'exemplar':
            return relay.noteExemplar(message.exemplar)
          case 'bug':
            this.#lastWords = `worker ${this.index} met a bug: ${message.stack}`
        }
      })
    })
  }
}
