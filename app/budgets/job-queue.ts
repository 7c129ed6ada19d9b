import { JobSlots, field, figure, head, states } from './job-slots.ts'

/** A job as a thread of the pool sees it: the number of its function, and the argument. */
export interface QueuedJob {
  readonly kind: number
  readonly argument: number
}

/** The result of a job that is over. */
export interface FinishedJob {
  /** From 1, in the order in which jobs came. */
  readonly id: number
  /** The number of the thread that did it. */
  readonly thread: number
  /** Undefined when it failed. */
  readonly result: number | undefined
  readonly queuedMs: number
  readonly workMs: number
}

/**
 * The queue of the compute pool: one for all workers and all threads of the pool, in shared memory, so that its bound
 * is exact and no message goes through the primary (2 us of CPU a job for the worker). Each job has a slot of its own
 * until its owner has collected it: no result can reach another request.
 */
export class JobQueue {
  readonly #slots: JobSlots
  readonly #nowMs: () => number

  /** `nowMs` is a clock that all threads share. */
  constructor(memory: SharedArrayBuffer, nowMs: () => number) {
    this.#slots = new JobSlots(memory)
    this.#nowMs = nowMs
  }

  /** The most threads, and the most jobs that may wait for one. */
  setLimits(threads: number, waiting: number): void {
    this.#slots.store(head.mostThreads, threads)
    this.#slots.store(head.mostWaiting, waiting)
    this.#slots.ring(head.bell)
    this.#slots.ring(head.wake)
  }

  get mostThreads(): number {
    return this.#slots.load(head.mostThreads)
  }

  get mostWaiting(): number {
    return this.#slots.load(head.mostWaiting)
  }

  /** Threads that exist. */
  get threads(): number {
    return this.#slots.load(head.threads)
  }

  /** Threads that are doing a job. */
  get busy(): number {
    return this.#slots.load(head.busy)
  }

  /** Jobs that wait for a thread. */
  get depth(): number {
    return this.#slots.load(head.waiting)
  }

  /** Jobs that were put into the queue so far. */
  get total(): number {
    return this.#slots.lastId
  }

  /** Puts a job into the queue and returns its slot; undefined when the queue is full. */
  submit(job: QueuedJob): number | undefined {
    const slots = this.#slots
    return slots.locked(() => {
      const outstanding = this.depth + this.busy
      if (outstanding >= this.mostThreads + this.mostWaiting) return undefined
      const slot = slots.allocate()
      if (slot === undefined) return undefined
      slots.setFigure(slot, figure.id, slots.nextId())
      slots.setFigure(slot, figure.argument, job.argument)
      slots.setFigure(slot, figure.queuedAt, this.#nowMs())
      slots.set(slot, field.kind, job.kind)
      slots.append(slot)
      if (this.threads < Math.min(outstanding + 1, this.mostThreads)) slots.ring(head.bell)
      slots.ring(head.wake, 1)
      return slot
    })
  }

  /** Whether a job of ours is not over yet. */
  isPending(slot: number): boolean {
    const state = this.#slots.get(slot, field.state)
    return state === states.waiting || state === states.running
  }

  /** Resolves when one of our jobs may have changed, or after the time. */
  async change(slot: number, ms: number): Promise<void> {
    const state = this.#slots.get(slot, field.state)
    if (state !== states.waiting && state !== states.running) return
    await this.#slots.stateChange(slot, state, ms)
  }

  /** Takes the result of a job that is over, and frees its slot. */
  collect(slot: number): FinishedJob {
    const slots = this.#slots
    const began = slots.figure(slot, figure.beganAt)
    const isDone = slots.get(slot, field.state) === states.done
    const finished = {
      id: slots.figure(slot, figure.id),
      thread: slots.get(slot, field.thread),
      result: isDone ? slots.figure(slot, figure.result) : undefined,
      queuedMs: began - slots.figure(slot, figure.queuedAt),
      workMs: slots.figure(slot, figure.endedAt) - began,
    }
    slots.locked(() => slots.free(slot))
    return finished
  }

  /**
   * Abandons a job of ours, whatever its state: it leaves the queue, or its thread stops it. The slot is no longer
   * ours.
   */
  giveUp(slot: number): void {
    const slots = this.#slots
    slots.locked(() => {
      const state = slots.get(slot, field.state)
      if (state === states.running) return slots.set(slot, field.state, states.givenUp)
      if (state === states.waiting) slots.unlink(slot)
      slots.free(slot)
    })
    // Wakes its thread, and whatever waits in `change`.
    slots.told(slot)
  }

  /**
   * Waits for a job and takes it; undefined when the thread is to end, because there are too many threads or no job
   * came for `idleMs`.
   */
  take(thread: number, idleMs: number): number | undefined {
    for (;;) {
      const turn = this.#slots.load(head.wake)
      const taken = this.#slots.locked(() => this.#begin(thread))
      if (taken !== 'none') return taken
      if (this.#slots.waitHead(head.wake, turn, idleMs)) continue
      if (this.#slots.locked(() => this.#retire())) return undefined
    }
  }

  jobOf(slot: number): QueuedJob {
    const slots = this.#slots
    return { kind: slots.get(slot, field.kind), argument: slots.figure(slot, figure.argument) }
  }

  /** Whether the owner of a job that runs still waits for it. */
  isWanted(slot: number): boolean {
    return this.#slots.get(slot, field.state) === states.running
  }

  /** Blocks the thread for a time, or until the job that it runs is abandoned. */
  sleep(slot: number, ms: number): void {
    const due = this.#nowMs() + ms
    for (let left = ms; left > 0 && this.isWanted(slot); left = due - this.#nowMs()) {
      this.#slots.waitState(slot, states.running, left)
    }
  }

  /** The thread has finished its job; without a value it has failed. */
  finish(slot: number, value: number | undefined): void {
    const slots = this.#slots
    slots.locked(() => {
      if (value !== undefined) slots.setFigure(slot, figure.result, value)
      this.#end(slot, value === undefined ? states.failed : states.done)
    })
    slots.told(slot)
  }

  /** Counts a thread that is about to start, if one is missing. Only the primary calls it. */
  admitThread(): boolean {
    return this.#slots.locked(() => {
      if (this.threads >= Math.min(this.depth + this.busy, this.mostThreads)) return false
      this.#slots.add(head.threads, 1)
      return true
    })
  }

  /** A mark of what `missing` has reported. */
  get bell(): number {
    return this.#slots.load(head.bell)
  }

  /** Resolves when a thread may have been missing since the mark. */
  missing(mark: number): Promise<void> {
    return this.#slots.headChange(head.bell, mark)
  }

  /**
   * A thread has ended unexpectedly: the job that it had has failed. If it could not even begin and there is no other,
   * all waiting jobs have failed.
   */
  loseThread(thread: number, hasBegun: boolean): void {
    const slots = this.#slots
    const lost = slots.locked(() => {
      slots.add(head.threads, -1)
      const isHopeless = !hasBegun && this.threads === 0
      return slots.used().filter((slot) => this.#loses(slot, thread, isHopeless))
    })
    for (const slot of lost) slots.told(slot)
    slots.ring(head.bell)
  }

  /** Makes a job fail if that thread had it, or if it waits without hope; true if it did. */
  #loses(slot: number, thread: number, isHopeless: boolean): boolean {
    const slots = this.#slots
    const state = slots.get(slot, field.state)
    if (state === states.waiting && isHopeless) {
      slots.unlink(slot)
      slots.set(slot, field.state, states.failed)
      return true
    }
    const isBusy = state === states.running || state === states.givenUp
    if (!isBusy || slots.get(slot, field.thread) !== thread) return false
    this.#end(slot, states.failed)
    return true
  }

  #begin(thread: number): number | 'none' | undefined {
    const slots = this.#slots
    if (this.threads > this.mostThreads) {
      slots.add(head.threads, -1)
      return undefined
    }
    const slot = slots.load(head.first)
    if (slot === 0) return 'none'
    slots.unlink(slot)
    slots.set(slot, field.state, states.running)
    slots.set(slot, field.thread, thread)
    slots.setFigure(slot, figure.beganAt, this.#nowMs())
    slots.add(head.busy, 1)
    return slot
  }

  #retire(): boolean {
    if (this.depth > 0) return false
    this.#slots.add(head.threads, -1)
    return true
  }

  /** Ends a job that runs; its owner may have abandoned it. */
  #end(slot: number, ending: number): void {
    const slots = this.#slots
    slots.add(head.busy, -1)
    slots.setFigure(slot, figure.endedAt, this.#nowMs())
    if (slots.get(slot, field.state) === states.givenUp) slots.free(slot)
    else slots.set(slot, field.state, ending)
  }
}
