import type { Config } from '../../config/settings.ts'
import { Ledger } from '../../evidence/ledger/ledger.ts'
import { LedgerReader } from '../../evidence/ledger/reader.ts'
import { identityOf } from '../identity.ts'
import type { WorkerData } from '../messages.ts'

/** The arrival ledger from a worker's two sides: where it writes, and how it answers for all workers. */
export function openLedger(
  { ledger: memory, seat: worker, version }: WorkerData,
  config: () => Config,
): { readonly ledger: Ledger; readonly reader: LedgerReader } {
  const identity = identityOf(config(), version)
  return {
    ledger: new Ledger({ memory, worker, key: () => config()['ledger.key'] }),
    reader: new LedgerReader({
      memory,
      identity: () => identity,
      ttlMs: () => config()['ledger.ttl'],
    }),
  }
}
