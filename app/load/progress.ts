import type { RecordableHistogram } from 'node:perf_hooks'

import type { Counts } from './messages.ts'
import { percentileMs } from './report/figures.ts'
import { number } from './report/text-report.ts'

/** Where progress is written: a line that changes on a terminal, else a line now and then. */
export interface ProgressOptions {
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  readonly everyMs: number
  /** Requests to come, and milliseconds; Infinity for what has no end. */
  readonly requests: number
  readonly lengthMs: number
}

const barWidth = 20
const none: Counts = { sent: 0, answered: 0, refused: 0, failed: 0, inFlight: 0, bytesRead: 0 }

/** The state of a run once a second: how far it is, current and overall rate, failures. */
export class Progress {
  readonly #options: ProgressOptions
  readonly #startMs = performance.now()
  #before = none
  #beforeMs = performance.now()
  #told = none
  #toldMs = this.#startMs
  #hasLine = false

  constructor(options: ProgressOptions) {
    this.#options = options
  }

  /** A second is over. */
  note(counts: Counts, times: RecordableHistogram): void {
    const nowMs = performance.now()
    const { isTerminal, everyMs, write } = this.#options
    if (isTerminal) {
      write(
        `\r\u001B[2K${this.#line(counts, times, { counts: this.#before, atMs: this.#beforeMs })}`,
      )
      this.#hasLine = true
    } else if (nowMs - this.#toldMs >= everyMs - 100) {
      write(`${this.#line(counts, times, { counts: this.#told, atMs: this.#toldMs })}\n`)
      this.#told = counts
      this.#toldMs = nowMs
    }
    this.#before = counts
    this.#beforeMs = nowMs
  }

  /** Takes the line away. */
  end(): void {
    if (this.#hasLine) this.#options.write('\r\u001B[2K')
  }

  #line(counts: Counts, times: RecordableHistogram, before: Since): string {
    const nowMs = performance.now()
    const { requests, lengthMs } = this.#options
    const elapsedMs = nowMs - this.#startMs
    const ended = counts.answered + counts.failed
    const done = Math.min(1, Math.max(elapsedMs / lengthMs, ended / requests))
    const current = (counts.answered - before.counts.answered) / ((nowMs - before.atMs) / 1000)
    const overall = counts.answered / (elapsedMs / 1000)
    const p99 = times.count === 0 ? '' : `, p99 ${percentileMs(times, 99)} ms`
    return [
      `${bar(done)} ${Math.round(elapsedMs / 1000)} s`,
      `${number(ended)} done`,
      `${number(counts.failed + counts.refused)} failed`,
      `${number(Math.round(current))}/s now`,
      `${number(Math.round(overall))}/s overall`,
      `${number(counts.inFlight)} under way${p99}`,
    ].join(', ')
  }
}

interface Since {
  readonly counts: Counts
  readonly atMs: number
}

function bar(done: number): string {
  const full = Math.floor(done * barWidth)
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}] ${String(Math.floor(done * 100)).padStart(3)} %`
}
