import { OriginError } from '../../errors.ts'
import type { Headers } from '../endpoint.ts'
import { ownQuery } from '../target.ts'

/** A token (RFC 9110 5.6.2), as field names and cookie names are. */
export const token = /^[\w!#$%&'*+.^`|~-]{1,256}$/

const most = 64

interface Fields {
  /** What one of them is, such as `trailer`. */
  readonly noun: string
  /** Names in lower case that cannot be one. */
  readonly barred: ReadonlySet<string>
  /** Completes "...; use a field name (RFC 9110 5.6.2) that". */
  readonly advice: string
}

/** The query as fields, `?name=value`, in order; OriginError INVALID_REQUEST for more than 64 and for what is none. */
export function fieldsOfQuery(query: string, { noun, barred, advice }: Fields): Headers {
  const fields = ownQuery(query)
  if (fields.length > most) {
    throw new OriginError('INVALID_REQUEST', `${fields.length} ${noun}s; use ${most} at most`)
  }
  for (const [name, value] of fields) {
    if (!token.test(name) || barred.has(name.toLowerCase())) {
      throw new OriginError(
        'INVALID_REQUEST',
        `${JSON.stringify(name)} cannot be a ${noun}; use a field name (RFC 9110 5.6.2) that ${advice}`,
      )
    }
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new OriginError(
        'INVALID_REQUEST',
        `the value of ${name} must be visible ASCII, spaces and latin-1`,
      )
    }
  }
  return fields
}
