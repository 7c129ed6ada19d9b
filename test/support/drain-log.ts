import type { LogLine, TestOrigin } from './origin.ts'
import { until } from './wait.ts'

/** The phases of the drain so far, as the log tells them. */
export function phases({ log }: TestOrigin): readonly unknown[] {
  return log.filter(({ msg }) => msg === 'drain phase').map((line) => line['phase'])
}

/** Finds the log line with which the drain entered `phase`. */
export function inPhase(phase: string): (line: LogLine) => boolean {
  return (line) => line.msg === 'drain phase' && line['phase'] === phase
}

/** The last line of the drain: what was cut, and how long it took. */
export async function lastLine(origin: TestOrigin): Promise<{
  readonly cut: { readonly connections: number; readonly exchanges: number }
  readonly seconds: number
}> {
  // Not waitForLog, which gives up when the process has ended: its last lines may still be in the pipe.
  const find = (): LogLine | undefined => origin.log.find(inPhase('stopped'))
  await until('the log says that it stopped', () => find() !== undefined)
  return find() as unknown as Awaited<ReturnType<typeof lastLine>>
}

/** What the log says was cut at the end. */
export async function cutOf(
  origin: TestOrigin,
): Promise<{ readonly connections: number; readonly exchanges: number }> {
  return (await lastLine(origin)).cut
}
