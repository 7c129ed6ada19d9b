import type { Logger } from '../telemetry/log.ts'

/**
 * Ends the process. Beside threads that do not answer it ends by SIGKILL, as `code` would be an abort (134)
 * with a core dump: their engines are open.
 */
export function endProcess(code: number, unanswering: number, log: Logger): void {
  if (unanswering > 0) {
    log.error({ workers: unanswering }, 'workers do not answer: killing the process')
    process.kill(process.pid, 'SIGKILL')
  }
  process.exit(code)
}
