import { write, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { type Logger, pino } from 'pino'

export type { Logger }

/** How lines are written: JSON for machines, `pretty` for people. */
export type LogFormat = 'json' | 'pretty'

/** A log and the switch of its format, which may be thrown while it runs. */
export interface Log {
  readonly log: Logger
  readonly setFormat: (format: LogFormat) => Promise<void>
  /**
   * Writes whole lines of JSON in the same format, without holding up the thread; resolves when they, and
   * all lines before them, are out.
   */
  readonly writeLines: (lines: string) => Promise<void>
}

/** Lines on standard output, written before the call returns: the last words of a process get out. */
export async function createLog(level: string, format: LogFormat): Promise<Log> {
  let written = Promise.resolve()
  let waiting = 0
  let prettify: ((line: string) => string | undefined) | undefined
  const destination = {
    write(line: string): void {
      const bytes = Buffer.from(prettify?.(line) ?? line)
      // Behind what waits already, so that lines stay in their order.
      const rest = waiting > 0 ? bytes : writeNow(bytes)
      if (rest.length === 0 || waiting > mostWaiting) return
      waiting += rest.length
      written = writeAfter(written, [rest]).finally(() => (waiting -= rest.length))
    },
  }
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  const setFormat = async (next: LogFormat): Promise<void> => {
    prettify = next === 'pretty' ? await loadPrettify() : undefined
  }
  const writeLines = (lines: string): Promise<void> => {
    const pieces = piecesOf(prettify === undefined ? lines : prettyLines(lines, prettify))
    written = writeAfter(written, pieces)
    return written
  }
  await setFormat(format)
  return { log, setFormat, writeLines }
}

async function writeAfter(before: Promise<void>, pieces: Iterable<Buffer>): Promise<void> {
  await before
  for (const piece of pieces) await writeWhole(piece)
}

const writeAsync = promisify(write)

// Node makes standard output non-blocking when the first worker starts, so a pipe is full now and then.
const fullMs = 5

// Lines of our own that wait for a reader who does not read; later ones are given up.
const mostWaiting = 2 ** 20

/** Writes what the pipe takes at once and gives back the rest; of a reader who is gone, nothing is left. */
function writeNow(bytes: Buffer): Buffer {
  try {
    return bytes.subarray(writeSync(1, bytes))
  } catch (error) {
    return isFull(error) ? bytes : bytes.subarray(bytes.length)
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN'
}

async function writeWhole(bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    try {
      at += (await writeAsync(1, bytes, at)).bytesWritten
    } catch (error) {
      // Whoever read the log is gone; the origin serves on without being heard.
      if (!isFull(error)) return
      await sleep(fullMs)
    }
  }
}

// What a pipe takes whole (PIPE_BUF, pipe(7)): larger writes could be cut by other lines.
const pieceBytes = 4096

/** As many whole lines at a time as go into a pipe at once. */
function* piecesOf(lines: string): Generator<Buffer> {
  const bytes = Buffer.from(lines)
  for (let start = 0; start < bytes.length;) {
    const last = bytes.lastIndexOf('\n', start + pieceBytes - 1)
    const end = last >= start ? last + 1 : bytes.indexOf('\n', start) + 1 || bytes.length
    yield bytes.subarray(start, end)
    start = end
  }
}

function prettyLines(lines: string, prettify: (line: string) => string | undefined): string {
  const each = lines.split('\n').filter(Boolean)
  return each.map((line) => prettify(line) ?? `${line}\n`).join('')
}

// Loaded only when asked for: it is for terminals.
async function loadPrettify(): Promise<(line: string) => string | undefined> {
  const { prettyFactory } = await import('pino-pretty')
  return prettyFactory({ colorize: process.stdout.isTTY })
}
