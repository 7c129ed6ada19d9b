import { OriginError } from '../../errors.ts'
import { formatBytes } from '../../traffic/units.ts'

/** The refusal of a body past limits.body. */
export function bodyTooLarge(limit: number): OriginError {
  return new OriginError(
    'PAYLOAD_TOO_LARGE',
    `the body is past limits.body (${formatBytes(limit)})`,
  )
}
