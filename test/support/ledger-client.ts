import type { LedgerAnswer, LedgerRecord, LedgerSummary } from '../../app/evidence/ledger/record.ts'
import { ask } from './ask.ts'
import { until } from './wait.ts'

/** What is known of an id at one of the ports; no attempts for 404. */
export async function askLedger(base: string | number, id: string): Promise<LedgerAnswer> {
  const { status, body } = await ask(base, `/ledger/${encodeURIComponent(id)}`)
  if (status === 404) return { id, attempts: [], attempts_cut: 0, dropped: 0 }
  return JSON.parse(body.toString()) as LedgerAnswer
}

/** The sums of a run. */
export async function askRun(base: string | number, run: string): Promise<LedgerSummary> {
  const { body } = await ask(base, `/ledger?run=${encodeURIComponent(run)}`)
  return JSON.parse(body.toString()) as LedgerSummary
}

/** The records of an id, once there are so many and all have ended. */
export async function endedAttempts(
  base: string | number,
  id: string,
  count = 1,
): Promise<readonly LedgerRecord[]> {
  const { attempts } = await until(`${count} ended attempts of ${id}`, () => askLedger(base, id), {
    holds: (answer) =>
      answer.attempts.length === count && answer.attempts.every(({ end }) => end.cause !== 'open'),
  })
  return attempts
}

/** The only record of an id, once it has ended. */
export async function endedAttempt(base: string | number, id: string): Promise<LedgerRecord> {
  const [record] = await endedAttempts(base, id)
  if (record === undefined) throw new Error(`nothing is known of ${id}`)
  return record
}
