import { setTimeout as sleep } from 'node:timers/promises'

import { askJson, numberIn } from './asking.ts'
import type { LedgerSums } from './report/load-report.ts'

// The last requests may still be on their way into the ledger.
const settleMs = 500
const attempts = 6

/** Asks the ledger what arrived of the run's `sent` requests; rejects with a sentence. */
export async function ledgerSums(base: string, run: string, sent: number): Promise<LedgerSums> {
  let sums = await ask(base, run, sent)
  for (let asked = 1; asked < attempts && sums.arrived < sent && sums.dropped === 0; asked++) {
    await sleep(settleMs)
    sums = await ask(base, run, sent)
  }
  return sums
}

async function ask(base: string, run: string, sent: number): Promise<LedgerSums> {
  const path = `/ledger?run=${encodeURIComponent(run)}`
  const page = await askJson(base, path)
  const count = (name: string): number => {
    const value = numberIn(page, name)
    if (value === null) throw new Error(`${new URL(path, base).href} does not say ${name}`)
    return value
  }
  const [arrived, dropped] = [count('ids'), count('dropped')]
  return {
    sent,
    arrived,
    once: count('once'),
    duplicated: count('duplicated'),
    lost: dropped > 0 && arrived < sent ? null : Math.max(0, sent - arrived),
    aborted: count('aborted'),
    dropped,
  }
}
