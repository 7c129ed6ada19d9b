import { type EventLoopUtilization, performance } from 'node:perf_hooks'

import { Http1Lane, createHttp1Lanes } from './http1/http1-lane.ts'
import { Http2Lanes } from './http2-lanes.ts'
import type { Lane, LaneOwner, Outcome } from './lane.ts'
import type { Traffic } from './plan/plan.ts'
import { Arrivals, type Schedule, type Share, shareOf } from './plan/schedule.ts'
import { type Tally, originTimeMs, timeoutKind } from './tally.ts'

// Timers are whole milliseconds and late by one: the rest of the way to a start is gone by looking at the clock.
const spinMs = 2
// So that answers are read between two bursts of requests that are late.
const burst = 64
const sweepMs = 50
// A port where nobody listens is not asked in a tight loop.
const restMs = 20
// Requests that were due before the end and found no connection are still sent for so long.
const graceMs = 1000
// After Ctrl-C, answers under way are waited for no longer.
const impatientMs = 1000

/** A run of one thread: sends what is due, over as many connections as it takes, and counts. */
export class Generator implements LaneOwner {
  readonly #traffic: Traffic
  readonly #share: Share
  readonly #tally: Tally
  readonly #schedule: Schedule
  readonly #arrivals: Arrivals | undefined
  readonly #mostLanes: number
  readonly #create: () => Lane
  readonly #close: () => void
  readonly #lanes: Lane[] = []
  readonly #idle: Lane[] = []
  readonly #startMs = performance.now()
  readonly #endMs: number
  readonly #mostRequests: number
  readonly #loop: EventLoopUtilization = performance.eventLoopUtilization()
  readonly #finished = Promise.withResolvers<undefined>()
  #sweep: NodeJS.Timeout | undefined
  #next: NodeJS.Timeout | NodeJS.Immediate | undefined
  #taken = 0
  #isStopping = false
  /** Time spent looking at the clock only, which the event loop counts as work. */
  #spunMs = 0
  #lookedAtMs = 0
  #hasWorked = true
  /** The moment since which all lanes are in use while a request is due. */
  #isShort = false

  constructor(traffic: Traffic, { schedule, connections }: Phase, { share, tally }: Duty) {
    this.#traffic = traffic
    this.#schedule = schedule
    this.#share = share
    this.#tally = tally
    const own = Math.max(1, shareOf(connections, share))
    if (traffic.version === '2') {
      const lanes = new Http2Lanes(traffic, this, own)
      this.#create = () => lanes.create()
      this.#close = () => lanes.close()
      this.#mostLanes = own * traffic.streams
    } else {
      const shared = createHttp1Lanes(traffic)
      this.#create = () => new Http1Lane(shared, this)
      this.#close = () => this.#lanes.forEach((lane) => lane.close())
      this.#mostLanes = own
    }
    this.#mostRequests = shareOf(schedule.requests, share)
    if (schedule.kind === 'open') this.#arrivals = new Arrivals(schedule, share)
    this.#endMs =
      schedule.kind === 'closed' ? this.#startMs + schedule.durationMs : Number.POSITIVE_INFINITY
  }

  get inFlight(): number {
    return this.#lanes.length - this.#idle.length
  }

  /** Requests that were due and never sent: all connections were in use to the end. */
  get unsent(): number {
    return this.#arrivals?.left ?? 0
  }

  /** Share of the time in which the thread had something to do, 0 to 1. */
  get busyRatio(): number {
    const { active, idle } = performance.eventLoopUtilization(this.#loop)
    const worked = active - this.#spunMs
    return Math.min(1, Math.max(0, worked / (active + idle || 1)))
  }

  /** Sends all; resolves when the last request has ended. */
  async run(): Promise<void> {
    this.#sweep = setInterval(() => this.#abortLate(), sweepMs)
    if (this.#arrivals === undefined) this.#openAll()
    else this.#turn()
    await this.#finished.promise
    clearInterval(this.#sweep)
    this.#cancelTurn()
    this.#close()
  }

  /** Sends nothing more. */
  stop(): void {
    if (this.#isStopping) return
    this.#isStopping = true
    this.#cancelTurn()
    setTimeout(() => {
      for (const lane of this.#lanes) if (lane.isBusy) lane.abort('given up at the end of the run')
      this.#settle()
    }, impatientMs).unref()
    this.#settle()
  }

  end(lane: Lane, outcome: Outcome): void {
    this.#hasWorked = true
    const nowMs = performance.now()
    const { dueMs, readyMs, sentMs } = lane
    const moments = { dueMs, readyMs, sentMs, nowMs }
    if ('error' in outcome) this.#tally.fail(outcome.error, moments)
    else {
      this.#tally.answer(outcome.status, moments)
      const originMs = originTimeMs(outcome.serverTiming)
      if (originMs !== undefined) this.#tally.noteOrigin(originMs, nowMs - sentMs)
    }
    lane.readyMs = nowMs
    if (this.#arrivals === undefined) this.#endClosed(lane, 'error' in outcome)
    else this.#endOpen(lane, nowMs)
  }

  noteConnection(): void {
    this.#tally.connections++
  }

  noteBytes(count: number): void {
    this.#hasWorked = true
    this.#tally.bytesRead += count
  }

  #openAll(): void {
    const lanes = Math.min(this.#mostLanes, this.#mostRequests)
    for (let made = 0; made < lanes; made++) {
      const lane = this.#createLane()
      this.#sendNow(lane)
    }
    if (lanes === 0) this.#settle()
  }

  #createLane(): Lane {
    const lane = this.#create()
    lane.readyMs = performance.now()
    this.#lanes.push(lane)
    return lane
  }

  // In a closed loop a request is due when the connection is free for it.
  #sendNow(lane: Lane): void {
    const nowMs = performance.now()
    if (this.#isStopping || this.#taken >= this.#mostRequests || nowMs >= this.#endMs) {
      this.#idle.push(lane)
      this.#settle()
      return
    }
    this.#send(lane, lane.readyMs, nowMs)
  }

  #endClosed(lane: Lane, isError: boolean): void {
    if (!isError) return this.#sendNow(lane)
    setTimeout(() => {
      lane.readyMs = performance.now()
      this.#sendNow(lane)
    }, restMs)
  }

  #endOpen(lane: Lane, nowMs: number): void {
    if (this.#isShort && this.#dueMs <= nowMs && !this.#isStopping && !this.#isPastGrace(nowMs)) {
      const dueMs = this.#dueMs
      this.#arrivals?.take()
      this.#tally.waited++
      // Not from within the lane's own callback, which has not put its connection away yet.
      return this.#send(lane, dueMs, performance.now())
    }
    this.#idle.push(lane)
    if (this.#isShort) this.#turnSoon()
    else this.#settle()
  }

  get #dueMs(): number {
    return this.#startMs + (this.#arrivals?.nextMs ?? Number.POSITIVE_INFINITY)
  }

  #isPastGrace(nowMs: number): boolean {
    if (this.#schedule.kind !== 'open') return false
    const length = this.#schedule.stages.reduce((sum, { durationMs }) => sum + durationMs, 0)
    return nowMs > this.#startMs + length + graceMs
  }

  #send(lane: Lane, dueMs: number, nowMs: number): void {
    const n = this.#taken++ * this.#share.count + this.#share.index
    lane.dueMs = dueMs
    lane.sentMs = nowMs
    this.#tally.sent++
    lane.send(n)
  }

  /** Sends what is due, and comes again when the next is. */
  #turn(): void {
    this.#next = undefined
    const nowMs = performance.now()
    if (!this.#hasWorked) this.#spunMs += nowMs - this.#lookedAtMs
    this.#lookedAtMs = nowMs
    this.#hasWorked = false
    this.#isShort = false
    for (let sent = 0; sent < burst && this.#dueMs <= nowMs; sent++) {
      if (this.#isPastGrace(nowMs)) return this.#settle()
      const lane = this.#idle.pop() ?? this.#newLane()
      if (lane === undefined) {
        this.#isShort = true
        return
      }
      const dueMs = this.#dueMs
      this.#arrivals?.take()
      this.#hasWorked = true
      this.#send(lane, dueMs, performance.now())
    }
    this.#wait()
  }

  #newLane(): Lane | undefined {
    return this.#lanes.length < this.#mostLanes ? this.#createLane() : undefined
  }

  #wait(): void {
    const gapMs = this.#dueMs - performance.now()
    if (gapMs === Number.POSITIVE_INFINITY) return this.#settle()
    if (gapMs > spinMs) this.#next = setTimeout(() => this.#turn(), Math.min(gapMs - spinMs, 1000))
    else this.#turnSoon()
    if (gapMs > spinMs) this.#hasWorked = true
  }

  #turnSoon(): void {
    if (this.#next !== undefined) return
    if (this.#isStopping) return this.#settle()
    this.#next = setImmediate(() => this.#turn())
  }

  #cancelTurn(): void {
    clearTimeout(this.#next as NodeJS.Timeout | undefined)
    clearImmediate(this.#next as NodeJS.Immediate | undefined)
    this.#next = undefined
  }

  #abortLate(): void {
    const nowMs = performance.now()
    const { timeoutMs } = this.#traffic
    for (const lane of this.#lanes)
      if (lane.isBusy && nowMs - lane.sentMs > timeoutMs) lane.abort(timeoutKind)
    this.#settle()
  }

  /** Ends the run when nothing is left to send and nothing under way. */
  #settle(): void {
    if (this.inFlight === 0 && this.#isOver()) this.#finished.resolve(undefined)
  }

  #isOver(): boolean {
    const nowMs = performance.now()
    if (this.#isStopping) return true
    if (this.#arrivals !== undefined)
      return this.#dueMs === Number.POSITIVE_INFINITY || this.#isPastGrace(nowMs)
    return this.#taken >= this.#mostRequests || nowMs >= this.#endMs
  }
}

/** A part of a run: what is sent when, over how many connections of all threads together. */
export interface Phase {
  readonly schedule: Schedule
  readonly connections: number
}

/** Which thread this is, and where it counts. */
export interface Duty {
  readonly share: Share
  readonly tally: Tally
}
