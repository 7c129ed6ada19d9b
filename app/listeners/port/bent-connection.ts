import { Duplex } from 'node:stream'

import type { FrameDefect, Mark, Plan } from '../../traffic/faults/plan.ts'
import { timerMs } from './waits.ts'

/** What bends the bytes that one connection sends. */
export interface Bending {
  readonly plan: Plan
  /** How long a stall may last. */
  readonly mostMs: number
  /** A fault has happened. */
  readonly onDone: (fault: string) => void
  /** RST, or RST_STREAM on HTTP/2. */
  readonly reset: () => void
}

/**
 * A connection whose output is bent by a plan. Offsets count from the first byte after `begin`. What waits after a
 * stall is in this stream's queue, so limits apply to it.
 */
export class BentConnection extends Duplex {
  readonly #below: Duplex
  readonly #bending: Bending
  readonly #marks: Mark[]
  #defect: FrameDefect | undefined
  #sent = 0
  #isBegun = false
  #isOver = false
  #isHurried = false
  #stall: { readonly timer: NodeJS.Timeout; readonly goOn: () => void } | undefined

  constructor(below: Duplex, bending: Bending) {
    super({ allowHalfOpen: true })
    this.#below = below
    this.#bending = bending
    const { marks = [], frame } = bending.plan
    this.#marks = marks.toSorted((one, other) => one.at - other.at)
    this.#defect = frame
    below.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) below.pause()
    })
    below.once('end', () => this.push(null))
    below.once('error', () => this.destroy())
    below.on('timeout', () => this.emit('timeout'))
    below.once('close', () => this.destroy())
  }

  /** As a socket's: emits `timeout` after this long without a byte. */
  setTimeout(ms: number): void {
    const { setTimeout: set } = this.#below as { setTimeout?: (ms: number) => void }
    set?.call(this.#below, ms)
  }

  /** What is written from now on is bent. */
  begin(): void {
    this.#isBegun = true
  }

  /** From now on nothing stalls: the origin drains. */
  hurry(): void {
    this.#isHurried = true
    if (this.#stall === undefined) return
    const { timer, goOn } = this.#stall
    clearTimeout(timer)
    this.#stall = undefined
    goOn()
  }

  override _read(): void {
    this.#below.resume()
  }

  override _write(bytes: Buffer, _encoding: unknown, written: () => void): void {
    if (this.#isBegun) this.#go(this.#spoil(bytes), written)
    else this.#below.write(bytes, () => written())
  }

  override _final(ended: () => void): void {
    this.#below.end(ended)
  }

  override _destroy(error: Error | null, closed: (error: Error | null) => void): void {
    if (this.#stall !== undefined) clearTimeout(this.#stall.timer)
    this.#below.destroy()
    closed(error)
  }

  #go(bytes: Buffer, written: () => void): void {
    // What comes after the requested end is dropped.
    if (this.#isOver) return written()
    const [mark] = this.#marks
    const left = mark === undefined ? Infinity : mark.at - this.#sent
    if (mark === undefined || left >= bytes.length) return this.#pass(bytes, written)
    this.#marks.shift()
    this.#pass(bytes.subarray(0, left), () => this.#reach(mark, bytes.subarray(left), written))
  }

  #pass(bytes: Buffer, written: () => void): void {
    this.#sent += bytes.length
    if (bytes.length === 0) written()
    else this.#below.write(bytes, () => written())
  }

  #reach({ kind, fault, ms = Infinity }: Mark, rest: Buffer, written: () => void): void {
    const { onDone, mostMs, reset } = this.#bending
    onDone(fault)
    switch (kind) {
      case 'flip': {
        const flipped = Buffer.from(rest)
        flipped[0] = ~(flipped[0] ?? 0)
        return this.#go(flipped, written)
      }
      case 'stall': {
        const goOn = (): void => {
          this.#stall = undefined
          this.#go(rest, written)
        }
        if (this.#isHurried) return goOn()
        const timer = setTimeout(goOn, timerMs(Math.min(ms, mostMs)))
        this.#stall = { timer, goOn }
        return
      }
      case 'rst':
        this.#isOver = true
        reset()
        return written()
      case 'fin':
        this.#isOver = true
        this.#below.end()
        return written()
    }
  }

  // The library writes the head of a frame first (RFC 6455 5.2).
  #spoil(bytes: Buffer): Buffer {
    const defect = this.#defect
    if (defect === undefined || bytes.length < 2) return bytes
    this.#defect = undefined
    this.#bending.onDone('frame')
    const spoiled = Buffer.from(bytes)
    const [first = 0, second = 0] = bytes
    switch (defect) {
      case 'rsv':
        spoiled[0] = first | 0x40
        break
      case 'opcode':
        spoiled[0] = (first & 0xf0) | 0x3
        break
      case 'continuation':
        spoiled[0] = first & 0xf0
        break
      case 'masked':
        spoiled[1] = second | 0x80
        break
    }
    return spoiled
  }
}
