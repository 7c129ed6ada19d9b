import { showMs } from '../client/answer.ts'
import type { LedgerRecord } from '../ledger/record.ts'

/** `The origin got it 2 times, 12 ms apart`. */
export function showAttempts(records: readonly LedgerRecord[]): string {
  if (records.length === 0) return 'The origin did not get it'
  if (records.length === 1) return 'The origin got it once'
  return `The origin got it ${records.length} times, ${gapsOf(records).map(showMs).join(', ')} apart`
}

/** Milliseconds between arrivals, by the origin's own clock. */
export function gapsOf(records: readonly LedgerRecord[]): readonly number[] {
  return records.slice(1).map((record, at) => record.arrived_ms - (records[at]?.arrived_ms ?? 0))
}
