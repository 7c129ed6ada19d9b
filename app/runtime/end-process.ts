import type { Logger } from '../telemetry/log.ts'

/**
 * Ends the process. When a thread does not answer, it ends the process by SIGKILL: an exit with `code` would be an
 * abort (134) with a core dump, because that thread's engine is still open.
 */
export function endProcess(code: number, unanswering: number, log: Logger): void {
  if (unanswering > 0) {
    log.error({ workers: unanswering }, 'workers do not answer: killing the process')
    process.kill(process.pid, 'SIGKILL')
  }
  process.exit(code)
}
