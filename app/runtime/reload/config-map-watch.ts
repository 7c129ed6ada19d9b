import { setTimeout as sleep } from 'node:timers/promises'

/** A ConfigMap as the API server showed it: its keys, and the version of the collection at that time. */
export interface Seen {
  readonly resourceVersion: string
  /** Undefined when there is no such ConfigMap. */
  readonly texts: Readonly<Record<string, string>> | undefined
}

/** The API server no longer remembers the requested version (410 Gone): list again. */
export class Gone extends Error {}

/** What is asked of the API server about one ConfigMap. Rejections are sentences for people. */
export interface ConfigMapApi {
  /** For people: `configmap namespace/name`. */
  readonly place: string
  list(signal: AbortSignal): Promise<Seen>
  /**
   * Reports what happens after `from`, and resolves when the server ends the stream or has been silent for too long;
   * rejects with `Gone` when the server has forgotten `from`. `onOpen` is called when the server has agreed; `onSeen`
   * without a state is a bookmark.
   */
  watch(from: string, hear: Hearing): Promise<void>
}

/** Callbacks for a watch's progress, and the signal that ends it. */
export interface Hearing {
  readonly signal: AbortSignal
  readonly onOpen: () => void
  readonly onSeen: (resourceVersion: string, state: Seen | undefined) => void
}

/** The state of a watch, for /configz and /metrics. */
export interface WatchStatus {
  readonly place: string
  readonly isConnected: boolean
  /** Why it is not connected, or what is wrong with the ConfigMap. */
  readonly problem: string | null
  readonly reconnects: number
  /** Seconds since 1970 of the last list, event or bookmark; 0 before the first. */
  readonly lastHeardAt: number
}

/** Which ConfigMap, and the callbacks. */
export interface ConfigMapWatchOptions {
  readonly api: ConfigMapApi
  readonly onTexts: (texts: Readonly<Record<string, string>>, resourceVersion: string) => void
  /** Called when the state of the connection changes: with a problem, or with null when it works again. */
  readonly onTurn: (problem: string | null) => void
  /** The first wait after a failure; it doubles up to the longest. */
  readonly delays?: { readonly firstMs: number; readonly longestMs: number }
}

const defaultDelays = { firstMs: 250, longestMs: 30_000 }

// A server that accepts watches and ends them at once is no better than one that refuses them.
const usefulMs = 2000

/**
 * Follows one ConfigMap through the API server for as long as the process lives. It is one loop, so there is never more
 * than one request: list, watch from there, watch again from the last known version, and list again only when that is
 * forgotten. client-node's informer stops after a 403 or a reset, opens two streams when it is started twice, and lets
 * versions expire for want of bookmarks.
 */
export class ConfigMapWatch {
  readonly #options: ConfigMapWatchOptions
  readonly #stopping = new AbortController()
  #resourceVersion: string | undefined
  #state: { readonly isConnected: boolean; readonly trouble: string | null } = {
    isConnected: false,
    trouble: 'not connected yet',
  }
  #isMissing = false
  #reconnects = 0
  #lastHeardAt = 0
  #failures = 0

  constructor(options: ConfigMapWatchOptions) {
    this.#options = options
    void this.#run()
  }

  get status(): WatchStatus {
    return {
      place: this.#options.api.place,
      isConnected: this.#state.isConnected,
      problem: this.#problem,
      reconnects: this.#reconnects,
      lastHeardAt: this.#lastHeardAt,
    }
  }

  close(): void {
    this.#stopping.abort()
  }

  get #problem(): string | null {
    const { trouble } = this.#state
    if (trouble !== null || !this.#isMissing) return trouble
    return `there is no ${this.#options.api.place}; the last settings are kept`
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const turn = { startedAt: performance.now(), hasHeard: false }
      const error = await this.#follow(turn, signal).catch((thrown: unknown) => thrown)
      if (signal.aborted) return
      if (error instanceof Gone) this.#resourceVersion = undefined
      else if (error !== undefined) this.#fail(error)
      if (turn.hasHeard || performance.now() - turn.startedAt > usefulMs) this.#failures = 0
      else if (error === undefined) this.#failures++
      if (error !== undefined) this.#failures++
      this.#reconnects++
      if (this.#failures > 0) await this.#rest(signal)
    }
  }

  async #follow(turn: { hasHeard: boolean }, signal: AbortSignal): Promise<void> {
    const { api } = this.#options
    if (this.#resourceVersion === undefined) {
      const seen = await api.list(signal)
      this.#hear(seen.resourceVersion, seen)
    }
    await api.watch(this.#resourceVersion ?? '', {
      signal,
      onOpen: () => this.#change(() => (this.#state = { isConnected: true, trouble: null })),
      onSeen: (resourceVersion, state) => {
        turn.hasHeard = true
        this.#hear(resourceVersion, state)
      },
    })
  }

  #hear(resourceVersion: string, state: Seen | undefined): void {
    this.#lastHeardAt = Date.now() / 1000
    this.#resourceVersion = resourceVersion
    if (state === undefined) return
    const { texts } = state
    this.#change(() => (this.#isMissing = texts === undefined))
    if (texts !== undefined) this.#options.onTexts(texts, resourceVersion)
  }

  #fail(error: unknown): void {
    const trouble = error instanceof Error ? error.message : String(error)
    this.#change(() => (this.#state = { isConnected: false, trouble }))
  }

  #change(carryOut: () => void): void {
    const before = this.#problem
    carryOut()
    if (this.#problem !== before) this.#options.onTurn(this.#problem)
  }

  // Half of the wait is random, so that the pods of a fleet do not all come back at once.
  async #rest(signal: AbortSignal): Promise<void> {
    const { firstMs, longestMs } = this.#options.delays ?? defaultDelays
    const wait = Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures - 1, 20))
    await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => {})
  }
}
