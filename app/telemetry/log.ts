import { type Logger, pino } from 'pino'

export type { Logger }

/** JSON lines on standard output for machines, or colours for people; written before the call returns. */
export async function createLog(level: string, format: 'json' | 'pretty'): Promise<Logger> {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  if (format === 'json') {
    const formatters = { level: (label: string) => ({ level: label }) }
    return pino({ ...options, formatters }, pino.destination({ dest: 1, sync: true }))
  }
  // Loaded only when asked for: it is for terminals.
  const { default: pretty } = await import('pino-pretty')
  return pino(options, pretty({ sync: true, colorize: process.stdout.isTTY }))
}
