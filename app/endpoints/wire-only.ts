import { OriginError } from '../errors.ts'
import type { Origin } from './endpoint.ts'

/** The refusal of what only the wire listener can do. It names that listener's place; `reason` begins the sentence. */
export function wireOnly({ wirePort }: Pick<Origin, 'wirePort'>, reason: string): OriginError {
  const advice =
    wirePort === undefined
      ? 'the wire listener can, but is closed here (wire.port=none)'
      : `use the wire listener (wire.port, ${wirePort})`
  return new OriginError('UNSUPPORTED_ON_LISTENER', `${reason}; ${advice}`)
}
