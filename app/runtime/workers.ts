import { Worker } from 'node:worker_threads'

import { createSlabMemory, readScalar, type Scalar } from '../telemetry/slab.ts'
import type { FromWorker, Ports, ToWorker, WorkerData } from './messages.ts'

/** What the primary is told of its workers. */
export interface WorkerEvents {
  /** A worker ended that nobody asked to; `reason` is its last words. */
  readonly onLost: (reason: string) => void
}

interface Member {
  readonly thread: Worker
  readonly slab: SharedArrayBuffer
  readonly gone: Promise<void>
}

/** The threads that serve traffic, as the primary sees them. */
export class Workers {
  readonly #entry: URL
  readonly #events: WorkerEvents
  readonly #members: Member[] = []
  #isClosing = false

  /** `entry` is the module a worker starts from. */
  constructor(entry: URL, events: WorkerEvents) {
    this.#entry = entry
    this.#events = events
  }

  /**
   * Starts `count` workers and resolves to the ports when all are open. Where a port is 0 the first
   * worker finds it and the others, started after it, share it. Rejects when one cannot open.
   */
  async start(count: number, data: Omit<WorkerData, 'index' | 'slab'>): Promise<Ports> {
    const ports = await this.#startOne({ ...data, index: 0 })
    const rest = Array.from({ length: count - 1 }, (_, place) =>
      this.#startOne({ ...data, ports, index: place + 1 }),
    )
    await Promise.all(rest)
    return ports
  }

  get slabs(): readonly SharedArrayBuffer[] {
    return this.#members.map(({ slab }) => slab)
  }

  /** Sum of a number over all workers, read without asking them. */
  sum(scalar: Scalar): number {
    return this.slabs.reduce((total, slab) => total + readScalar(slab, scalar), 0)
  }

  /** Largest of a number over all workers. */
  latest(scalar: Scalar): number {
    return Math.max(0, ...this.slabs.map((slab) => readScalar(slab, scalar)))
  }

  tell(message: ToWorker): void {
    for (const { thread } of this.#members) thread.postMessage(message)
  }

  /** Has every worker close its engine and end; resolves when the last is gone. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.tell({ type: 'close' })
    await Promise.all(this.#members.map(({ gone }) => gone))
  }

  #startOne(data: Omit<WorkerData, 'slab'>): Promise<Ports> {
    const slab = createSlabMemory()
    const thread = new Worker(this.#entry, { workerData: { ...data, slab } })
    let lastWords = `worker ${data.index} ended by itself`
    const gone = new Promise<void>((resolve) => {
      thread.once('exit', () => {
        resolve()
        if (!this.#isClosing) this.#events.onLost(lastWords)
      })
    })
    this.#members.push({ thread, slab, gone })
    return new Promise((resolve, reject) => {
      thread.once('error', (error) => {
        lastWords = `worker ${data.index}: ${error instanceof Error ? error.stack : String(error)}`
      })
      thread.on('message', (message: FromWorker) => {
        switch (message.type) {
          case 'ready':
            return resolve(message.ports)
          case 'failed':
            this.#isClosing = true
            return reject(new Error(message.message))
          case 'bug':
            lastWords = `worker ${data.index} met a bug: ${message.stack}`
        }
      })
    })
  }
}
