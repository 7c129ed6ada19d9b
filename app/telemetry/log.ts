import { writeSync } from 'node:fs'

import { type Logger, pino } from 'pino'

export type { Logger }

/** How lines are written: JSON for machines, `pretty` for people. */
export type LogFormat = 'json' | 'pretty'

/** A log and the switch of its format, which may be thrown while it runs. */
export interface Log {
  readonly log: Logger
  readonly setFormat: (format: LogFormat) => Promise<void>
}

/** Lines on standard output, written before the call returns: the last words of a process get out. */
export async function createLog(level: string, format: LogFormat): Promise<Log> {
  let prettify: ((line: string) => string | undefined) | undefined
  const destination = {
    write(line: string): void {
      writeSync(1, prettify?.(line) ?? line)
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
  await setFormat(format)
  return { log, setFormat }
}

// Loaded only when asked for: it is for terminals.
async function loadPrettify(): Promise<(line: string) => string | undefined> {
  const { prettyFactory } = await import('pino-pretty')
  return prettyFactory({ colorize: process.stdout.isTTY })
}
