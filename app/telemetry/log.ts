import { type Logger, pino } from 'pino'

import { LogOutput } from './log-output.ts'

export type { Logger }

/** How lines are written: JSON for machines, `pretty` for people; `auto` is pretty on a terminal and JSON elsewhere. */
export type LogFormat = 'auto' | 'json' | 'pretty'

/** Where the log goes to. */
export interface LogPlace {
  readonly isTerminal: boolean
  readonly hasColors: boolean
}

/** A log and the switch of its format, which may be thrown while it runs. */
export interface Log {
  readonly log: Logger
  readonly setFormat: (format: LogFormat) => Promise<void>
  /**
   * Writes whole lines of JSON in the same format, without holding up the thread; resolves when they, and
   * all lines before them, are out.
   */
  readonly writeLines: (lines: string) => Promise<void>
  /** Writes text for a person, if one watches: on a terminal, in the format for people. Gives back whether it did. */
  readonly greet: (text: string) => boolean
  /** How many lines standard output did not take: a full disk, a reader that is gone or does not read. */
  readonly lostLines: () => number
}

/** Lines on standard output, written before the call returns: the last words of a process get out. */
export async function createLog(level: string, format: LogFormat, place: LogPlace): Promise<Log> {
  let prettify: ((line: string) => string | undefined) | undefined
  const output = new LogOutput((loss) => log.warn(loss, 'log lines were lost'))
  const destination = {
    write: (line: string): void => output.write(Buffer.from(prettify?.(line) ?? line)),
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
    const isPretty = next === 'pretty' || (next === 'auto' && place.isTerminal)
    prettify = isPretty ? await loadPrettify(place) : undefined
  }
  const writeLines = (lines: string): Promise<void> => {
    return output.writeAll(piecesOf(prettify === undefined ? lines : prettyLines(lines, prettify)))
  }
  const greet = (text: string): boolean => {
    const isWatched = place.isTerminal && prettify !== undefined && log.isLevelEnabled('info')
    if (isWatched) output.write(Buffer.from(text))
    return isWatched
  }
  await setFormat(format)
  return { log, setFormat, writeLines, greet, lostLines: () => output.lost }
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
async function loadPrettify({
  hasColors,
}: LogPlace): Promise<(line: string) => string | undefined> {
  const { prettyFactory } = await import('pino-pretty')
  return prettyFactory({
    colorize: hasColors,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
  })
}
