import { settings } from '../../config/settings.ts'
import type { Logger } from '../../telemetry/log.ts'

/** Changes the level until the setting changes; false when there is no such level. */
export function setLogLevel(log: Logger, level: string): boolean {
  const known = settings['log.level'].format.parse(level)
  if (known !== undefined) log.level = known
  return known !== undefined
}
