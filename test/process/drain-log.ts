import type { LogLine, TestOrigin } from '../origin.ts'

/** The phases of the drain so far, as the log tells them. */
export function phases({ log }: TestOrigin): readonly unknown[] {
  return log.filter(({ msg }) => msg === 'drain phase').map((line) => line['phase'])
}

/** Finds the log line with which the drain entered `phase`. */
export function inPhase(phase: string): (line: LogLine) => boolean {
  return (line) => line.msg === 'drain phase' && line['phase'] === phase
}

/** What the log says was cut at the end. */
export async function cutOf(
  origin: TestOrigin,
): Promise<{ connections: number; exchanges: number }> {
  const line = await origin.waitForLog(inPhase('stopped'))
  return line['cut'] as { connections: number; exchanges: number }
}
