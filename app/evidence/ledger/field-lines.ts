import type { FieldLine } from './record.ts'
import { withoutSecret } from './secrets.ts'

/** The most bytes of a request's header lines that are kept; and of its target. */
export const mostHeaderBytes = 16 * 1024

// Who tries again says so in these.
const retryHints: ReadonlySet<string> = new Set([
  'x-envoy-attempt-count',
  'x-envoy-is-timeout-retry',
  'x-stainless-retry-count',
  'x-retry-count',
  'x-retry-attempt',
  'retry-attempt',
  'idempotency-key',
  'x-idempotency-key',
  'grpc-previous-rpc-attempts',
  'amz-sdk-request',
  'x-goog-request-id',
  'x-request-id',
  'traceparent',
  'early-data',
])

/** Lines as they may be shown, and whether some were left out. */
export function shown(
  lines: readonly string[],
): readonly [lines: readonly FieldLine[], isCut: boolean] {
  const fields: FieldLine[] = []
  let bytes = 0
  for (let at = 0; at < lines.length; at += 2) {
    const [name = '', value = ''] = [lines[at], lines[at + 1]]
    bytes += name.length + value.length
    if (bytes > mostHeaderBytes) return [fields, true]
    fields.push(withoutSecret(name, value))
  }
  return [fields, false]
}

/** The first value of a field by its lower-case name. */
export function valueOf(lines: readonly string[], name: string): string | undefined {
  for (let at = 0; at < lines.length; at += 2) {
    if (lines[at]?.toLowerCase() === name) return lines[at + 1]
  }
  return undefined
}

/** What says that somebody tried again. */
export function hintsOf(lines: readonly string[]): Readonly<Record<string, string>> {
  const hints: Record<string, string> = {}
  for (let at = 0; at < lines.length; at += 2) {
    const name = lines[at]?.toLowerCase() ?? ''
    if (retryHints.has(name)) hints[name] ??= (lines[at + 1] ?? '').slice(0, 256)
  }
  return hints
}
