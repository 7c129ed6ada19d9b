import { setTimeout as sleep } from 'node:timers/promises'

import { type Scalar, createSlabMemory } from '../../telemetry/slab-layout.ts'
import { readLatest, readScalar } from '../../telemetry/slab-reader.ts'
import { type Crew, type Cut, type DrainOptions, drain } from '../drain.ts'
import type { Heap } from '../machine/heap.ts'
import { explainStart, missingThreads } from '../machine/thread-start.ts'
import type { Ports, ToWorker, WorkerData } from '../messages.ts'
import { tcpPorts } from '../sockets/sockets.ts'
import type { Departure, Steering } from '../sockets/steering.ts'
import { type Relay, WorkerThread } from './worker-thread.ts'

/** What a worker is started with, apart from its own number and counters; called anew for each start. */
export interface Recipe {
  readonly data: Omit<WorkerData, 'index' | 'slab' | 'ports' | 'seat'>
  readonly heap: Heap
}

/** A worker that is gone, and the one that replaces it. */
export interface Replacement {
  readonly worker: number
  readonly by: number
  /** When it was asked to leave. */
  readonly seconds: number
  readonly cut: Cut
}

/** How workers are made, and how they leave. */
export interface WorkersOptions {
  /** The module a worker starts from. */
  readonly entry: URL
  readonly recipe: () => Recipe
  /** A worker ended by itself; `reason` is its last words. */
  readonly onLost: (reason: string) => void
  readonly relay: Relay
  readonly onReplaced: (replacement: Replacement) => void
  /** A new worker has opened its ports; it counts as ready when this has settled. */
  readonly onOpened: (ports: Ports) => Promise<void>
  readonly steering: Steering
  /** How long a single worker may take to leave. */
  readonly drainSettings: () => DrainOptions['config']
}

// How often a wait for workers to end checks whether one of them has stalled.
const endedLookMs = 100

/** A number for a worker in metrics, and its counters. */
interface Seat {
  readonly seat: number
  readonly slab: SharedArrayBuffer
}

/** The threads that serve traffic. The primary starts, configures, replaces and dismisses them. */
export class Workers implements Crew {
  readonly scope = 'process'
  readonly #options: WorkersOptions
  readonly #members = new Set<WorkerThread>()
  /** Seats whose worker is gone: the next worker that starts goes on with their counters. */
  #freeSeats: readonly Seat[] = []
  #seatCount = 0
  #ports: Ports | undefined
  #nextIndex = 0
  #isFrozen = false
  #cut: Cut = { connections: 0, exchanges: 0 }
  #change: Promise<void> = Promise.resolve()
  #opening: Promise<void> = Promise.resolve()

  constructor(options: WorkersOptions) {
    this.#options = options
  }

  /** Starts `count` workers and resolves when all have opened their ports; rejects when one cannot. */
  async start(count: number, ports: Ports): Promise<void> {
    this.#ports = ports
    const missing = missingThreads(count)
    if (missing !== undefined) throw new Error(missing)
    await this.#grow(count)
  }

  /** Adds workers at once, or lets surplus workers finish and leave; one change after the other. */
  resize(count: number): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isFrozen) return
      const surplus = this.count - count
      if (surplus < 0) await this.#grow(-surplus)
      const leaving = this.#serving().slice(0, Math.max(0, surplus))
      await Promise.all(leaving.map((member) => this.#retire(member)))
    })
  }

  /** Replaces every worker by one of the current recipe, one by one: the new one serves before the old one leaves. */
  roll(): Promise<void> {
    return this.#inTurn(async () => {
      for (const member of this.#serving()) await this.#replace(member)
    })
  }

  /**
   * Replaces one worker, as `roll` does, but the next change does not wait for its connections. Without memory for two
   * it leaves first: a second without a worker is better than a process that is killed.
   */
  async recycle(member: WorkerThread, hasRoom: boolean): Promise<void> {
    let leaving: Promise<void> | undefined
    await this.#inTurn(async () => {
      if (member.isLeaving || this.#isFrozen) return
      if (!hasRoom) await this.#retire(member)
      await this.#grow(1)
      if (!hasRoom) return
      if (!this.#isFrozen) leaving = this.#leaveTo(this.#nextIndex - 1, member)
    })
    await leaving
  }

  /** Starts and replaces no more: all workers are about to be drained together. */
  freeze(): void {
    this.#isFrozen = true
  }

  /** The ports they share; undefined before the start. */
  get ports(): Ports | undefined {
    return this.#ports
  }

  /** Workers that serve: neither on their way out nor stalled. */
  get count(): number {
    return this.#serving().length
  }

  /** Workers that give no sign of life and stay, because a thread that does not answer cannot be ended alone. */
  get stalled(): readonly WorkerThread[] {
    return this.members.filter(({ isStalled }) => isStalled)
  }

  /** Which version of the settings each worker has, for /configz. */
  get generations(): readonly object[] {
    return this.members.map(({ index, configVersion, isLeaving }) => ({
      index,
      generation: configVersion,
      isLeaving,
    }))
  }

  get members(): readonly WorkerThread[] {
    return [...this.#members]
  }

  /** All counters, including those of workers that are long gone. */
  get slabs(): readonly SharedArrayBuffer[] {
    return [...this.#members, ...this.#freeSeats].map(({ slab }) => slab)
  }

  /** What workers that left alone still had open when their time was over, in all. */
  get cut(): Cut {
    return this.#cut
  }

  /** Sum of a number over all workers, read without asking them. */
  sum(scalar: Scalar): number {
    return this.slabs.reduce((total, slab) => total + readScalar(slab, scalar), 0)
  }

  /** Largest of a number over all workers. */
  latest(scalar: Scalar): number {
    return Math.max(0, ...this.slabs.map((slab) => readLatest(slab, scalar)))
  }

  /** When all leave, only other processes can take over their ports. */
  steerAway(): Promise<Departure> {
    return this.#options.steering.steerAway(this.members, [])
  }

  tell(message: ToWorker): void {
    for (const member of this.#members) member.tell(message)
  }

  /** Closes the engine of every worker and ends it; resolves when all are gone except stalled ones. */
  async close(): Promise<void> {
    this.tell({ type: 'close' })
    await this.#ended(this.members)
  }

  async #ended(members: readonly WorkerThread[]): Promise<void> {
    const gone = Promise.all(members.map((member) => member.gone))
    const isAwaited = (member: WorkerThread): boolean =>
      this.#members.has(member) && !member.isStalled
    while (members.some(isAwaited)) await Promise.race([gone, sleep(endedLookMs)])
  }

  #serving(): readonly WorkerThread[] {
    return this.members.filter(({ isLeaving, isStalled }) => !isLeaving && !isStalled)
  }

  #launch(ports: Ports): WorkerThread {
    const { entry, recipe, onLost, relay } = this.#options
    const { data, heap } = recipe()
    const { seat, slab } = this.#takeSeat()
    const index = this.#nextIndex++
    const worker = { ...data, ports, slab, seat, index }
    try {
      const member = new WorkerThread(entry, worker, { heap, seat, onLost, relay })
      this.#members.add(member)
      void this.#forget(member)
      return member
    } catch (error) {
      this.#giveBack({ seat, slab })
      throw error
    }
  }

  async #forget(member: WorkerThread): Promise<void> {
    await member.gone
    this.#members.delete(member)
    this.#giveBack(member)
  }

  #giveBack({ seat, slab }: Seat): void {
    this.#freeSeats = [...this.#freeSeats, { seat, slab }].toSorted((a, b) => a.seat - b.seat)
  }

  // The lowest free number, so that replaced workers make few series in /metrics.
  #takeSeat(): Seat {
    const [lowest, ...others] = this.#freeSeats
    if (lowest === undefined) return { seat: this.#seatCount++, slab: createSlabMemory() }
    this.#freeSeats = others
    return lowest
  }

  async #grow(count: number): Promise<void> {
    const ports = this.#ports
    if (this.#isFrozen) return
    if (ports === undefined)
      throw new Error('workers are added before the first has opened its ports')
    const outcomes = await Promise.allSettled(
      Array.from({ length: count }, async () => this.#openInTurn(this.#launch(ports), ports)),
    )
    // Those that could be started serve, whatever happened to the others.
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw new Error(explainStart(failed.reason))
  }

  // One after the other, so that new sockets are known to be this worker's.
  #openInTurn(member: WorkerThread, ports: Ports): Promise<void> {
    const turn = this.#opening.then(() => this.#open(member, ports))
    this.#opening = turn.catch(() => {})
    return turn
  }

  async #open(member: WorkerThread, ports: Ports): Promise<void> {
    if (!member.isLeaving) member.tell({ type: 'open' })
    await member.ready
    await this.#options.onOpened(ports)
    await this.#options.steering.note(member, tcpPorts(ports))
  }

  async #replace(member: WorkerThread): Promise<void> {
    if (this.#isFrozen) return
    await this.#grow(1)
    if (!this.#isFrozen) await this.#leaveTo(this.#nextIndex - 1, member)
  }

  async #leaveTo(by: number, member: WorkerThread): Promise<void> {
    const startedAt = performance.now()
    const cut = await this.#retire(member)
    const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(3))
    this.#options.onReplaced({ worker: member.index, by, seconds, cut })
  }

  /** Drains and ends one worker, as the whole process drains, while others serve its ports. */
  async #retire(member: WorkerThread): Promise<Cut> {
    member.isLeaving = true
    const cut = await drain({
      config: this.#options.drainSettings(),
      crew: {
        scope: 'worker',
        sum: (scalar) => member.read(scalar),
        latest: (scalar) => readLatest(member.slab, scalar),
        steerAway: () => this.#options.steering.steerAway([member], this.#serving()),
        tell: (message) => member.tell(message),
        close: () => {
          member.tell({ type: 'close' })
          return this.#ended([member])
        },
      },
    })
    this.#cut = {
      connections: this.#cut.connections + cut.connections,
      exchanges: this.#cut.exchanges + cut.exchanges,
    }
    return cut
  }

  // Changes wait for each other, however the previous one ended.
  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#change.then(change)
    this.#change = turn.catch(() => {})
    return turn
  }
}
