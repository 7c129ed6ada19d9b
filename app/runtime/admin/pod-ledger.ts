import type { Config } from '../../config/settings.ts'
import {
  type Asked,
  type SummaryPart,
  mergeAnswers,
  mergeSummaries,
} from '../../evidence/ledger/merge.ts'
import { LedgerReader } from '../../evidence/ledger/reader.ts'
import type { LedgerAnswer, LedgerRecord, LedgerSummary } from '../../evidence/ledger/record.ts'
import { mostOdd } from '../../evidence/ledger/run-tally.ts'
import { identityOf } from '../identity.ts'
import type { Fleet } from '../workers/fleet.ts'
import { askPeers } from './ledger-peers.ts'

/** Whose ledger it is. */
export interface PodLedgerOptions {
  readonly version: string
  readonly config: () => Config
  readonly fleet: () => Fleet | undefined
}

/** The arrival ledger as the primary reads it: this pod's part, and with those of all pods (ledger.peers). */
export class PodLedger {
  readonly #options: PodLedgerOptions
  #reader: { readonly of: LedgerReader; readonly memory: object } | undefined

  constructor(options: PodLedgerOptions) {
    this.#options = options
  }

  /** Records that are kept, and those that made room for newer ones. */
  totals(): { readonly records: number; readonly dropped: number } {
    return this.#own?.totals() ?? { records: 0, dropped: 0 }
  }

  /** The newest exchanges with an id, of this pod, newest first. */
  recent(most: number): readonly LedgerRecord[] {
    return this.#own?.recent(most) ?? []
  }

  /** This pod's part. */
  findOwn(id: string): LedgerAnswer {
    return {
      ...(this.#own?.find(id) ?? { id, attempts: [], attempts_cut: 0, dropped: 0 }),
      pods: [this.pod],
    }
  }

  async find(id: string): Promise<LedgerAnswer> {
    const target = `/ledger/${encodeURIComponent(id)}?local=true`
    return mergeAnswers(id, this.#with(this.findOwn(id), await this.#ask<LedgerAnswer>(target)))
  }

  /** This pod's part; undefined before the workers have started. */
  async summarizeOwn(run: string): Promise<SummaryPart | undefined> {
    const own = this.#own
    if (own === undefined) return undefined
    const summary = await own.summarize(run)
    return { ...summary, pods: [this.pod], ids_of_run: String(await own.idsOf(run)) }
  }

  async summarize(run: string): Promise<LedgerSummary | undefined> {
    const own = await this.summarizeOwn(run)
    if (own === undefined) return undefined
    const target = `/ledger?run=${encodeURIComponent(run)}&local=true`
    return mergeSummaries(run, this.#with(own, await this.#ask<SummaryPart>(target)), {
      namesOf: () => this.#own?.namesOf(run) ?? [],
      mostOdd,
    })
  }

  /** This pod's name. */
  get pod(): string {
    return this.#identity.pod
  }

  get #identity(): ReturnType<typeof identityOf> {
    return identityOf(this.#options.config(), this.#options.version)
  }

  /** The workers' memory is another when ledger.memory has changed. */
  get #own(): LedgerReader | undefined {
    const memory = this.#options.fleet()?.ledger
    if (memory === undefined) return undefined
    if (this.#reader?.memory !== memory) {
      const of = new LedgerReader({
        memory,
        identity: () => this.#identity,
        ttlMs: () => this.#options.config()['ledger.ttl'],
      })
      this.#reader = { of, memory }
    }
    return this.#reader.of
  }

  #ask<T>(target: string): Promise<Asked<T>> {
    const config = this.#options.config()
    return askPeers<T>({ peers: config['ledger.peers'], port: config['admin.port'] }, target)
  }

  #with<T extends { readonly pods?: readonly string[] }>(
    own: T,
    { parts, unasked }: Asked<T>,
  ): Asked<T> {
    const others = parts.map(({ pod, answer }) => ({ pod: answer.pods?.[0] ?? pod, answer }))
    return { parts: [{ pod: this.pod, answer: own }, ...others], unasked }
  }
}
