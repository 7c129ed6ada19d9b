import type { RecordableHistogram } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'

import type {
  Counts,
  FromLoadThread,
  LoadThreadData,
  ThreadResult,
  ToLoadThread,
} from './messages.ts'
import type { Traffic } from './plan/plan.ts'
import { type Times, createTimes } from './tally.ts'

/** All threads' counts at the end of a second, and the times of that second. */
export interface Second {
  readonly counts: Counts
  readonly times: RecordableHistogram
}

/** What came of the whole run. */
export interface Sums extends Omit<ThreadResult, 'kind' | 'busyRatio'> {
  readonly times: Times
  /** Of the busiest thread. */
  readonly busyRatio: number
}

/** What the run tells while it goes on. */
export interface RunOptions {
  readonly traffic: Traffic
  readonly workers: number
  /** Of the program; all threads start there. */
  readonly entry: URL
  /** Called once all threads have warmed up; they begin when it resolves. */
  readonly onStart: () => Promise<void>
  readonly onSecond: (second: Second) => void
}

/** The threads that send. */
export class LoadThreads {
  readonly #options: RunOptions
  readonly #threads: readonly LoadThread[]
  readonly #second = createTimes()
  #reported = 0

  constructor(options: RunOptions) {
    const { traffic, workers, entry } = options
    this.#options = options
    this.#threads = Array.from(
      { length: workers },
      (_, index) =>
        new LoadThread(entry, { kind: 'load', traffic, share: { index, count: workers } }, (over) =>
          this.#noteSecond(over),
        ),
    )
  }

  /** Resolves when all have sent all; rejects when a thread breaks down. */
  async run(): Promise<Sums> {
    await Promise.all(this.#threads.map(({ ready }) => ready))
    await this.#options.onStart()
    this.say('go')
    const results = await Promise.all(this.#threads.map(({ done }) => done))
    return sumUp(
      results,
      this.#threads.flatMap(({ times }) => times ?? []),
    )
  }

  /** Has them send nothing more. */
  say(word: ToLoadThread): void {
    for (const { worker } of this.#threads) worker.postMessage(word)
  }

  // Each thread's seconds begin when it begins; together they are told when the last has told its own.
  #noteSecond(times: RecordableHistogram): void {
    this.#second.add(times)
    times.reset()
    this.#reported++
    if (this.#reported < this.#threads.filter(({ isOver }) => !isOver).length) return
    this.#reported = 0
    this.#options.onSecond({
      counts: addCounts(this.#threads.flatMap(({ counts }) => counts ?? [])),
      times: this.#second,
    })
    this.#second.reset()
  }
}

class LoadThread {
  readonly worker: Worker
  readonly ready: Promise<unknown>
  readonly done: Promise<ThreadResult>
  times: Times | undefined
  counts: Counts | undefined
  isOver = false

  constructor(entry: URL, data: LoadThreadData, onSecond: (times: RecordableHistogram) => void) {
    const ready = Promise.withResolvers<unknown>()
    const done = Promise.withResolvers<ThreadResult>()
    this.ready = ready.promise
    this.done = done.promise
    this.worker = new Worker(entry, { workerData: data })
    this.worker.on('message', (message: FromLoadThread) => {
      switch (message.kind) {
        case 'ready':
          this.times = message.times
          return ready.resolve(undefined)
        case 'second': {
          this.counts = message.counts
          const second = this.times?.seconds[message.over]
          if (second !== undefined) onSecond(second)
          return undefined
        }
        case 'done':
          this.isOver = true
          return done.resolve(message)
      }
    })
    const lose = (error: unknown): void => {
      ready.reject(error)
      done.reject(error)
    }
    this.worker.on('error', lose)
    this.worker.on('exit', () => lose(new Error('a load thread ended by itself')))
    // Whoever waits for it sees the rejection.
    this.done.catch(() => undefined)
  }
}

function addCounts(all: readonly Counts[]): Counts {
  const sum = (read: (counts: Counts) => number): number =>
    all.reduce((total, counts) => total + read(counts), 0)
  return {
    sent: sum(({ sent }) => sent),
    answered: sum(({ answered }) => answered),
    refused: sum(({ refused }) => refused),
    failed: sum(({ failed }) => failed),
    inFlight: sum(({ inFlight }) => inFlight),
    bytesRead: sum(({ bytesRead }) => bytesRead),
  }
}

function addMaps<Key>(maps: readonly ReadonlyMap<Key, number>[]): ReadonlyMap<Key, number> {
  const total = new Map<Key, number>()
  for (const map of maps)
    for (const [key, count] of map) total.set(key, (total.get(key) ?? 0) + count)
  return total
}

function sumUp(results: readonly ThreadResult[], times: readonly Times[]): Sums {
  const add = (read: (times: Times) => RecordableHistogram): RecordableHistogram => {
    const total = createTimes()
    for (const one of times) total.add(read(one))
    return total
  }
  const sum = (read: (result: ThreadResult) => number): number =>
    results.reduce((total, result) => total + read(result), 0)
  return {
    counts: addCounts(results.map(({ counts }) => counts)),
    statuses: addMaps(results.map(({ statuses }) => statuses)),
    errors: addMaps(results.map(({ errors }) => errors)),
    connections: sum(({ connections }) => connections),
    waited: sum(({ waited }) => waited),
    unsent: sum(({ unsent }) => unsent),
    busyRatio: Math.max(...results.map(({ busyRatio }) => busyRatio)),
    elapsedMs: Math.max(...results.map(({ elapsedMs }) => elapsedMs)),
    times: {
      intended: add(({ intended }) => intended),
      actual: add(({ actual }) => actual),
      lag: add(({ lag }) => lag),
      origin: add(({ origin }) => origin),
      path: add(({ path }) => path),
      seconds: [createTimes(), createTimes()],
    },
  }
}
