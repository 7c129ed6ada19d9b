import { parseStats } from './stats.js'

/** @typedef {import('./stats.js').Stats} Stats */

/**
 * @typedef {object} Entry what was known at a time; no stats: nothing was, and lines break there
 * @property {number} at milliseconds since 1970, by this browser's clock
 * @property {Stats | null} stats
 */

/**
 * @typedef {{ readonly kind: 'connecting' | 'connected' }
 *   | { readonly kind: 'lost', readonly retryAt: number, readonly why: string }} Status
 */

/** How far back the pages look. */
export const windowMs = 60_000

const retryMs = 3000

// An event comes every second. A connection that says nothing for so long is as good as lost, and a
// network that drops packets does not tell.
const silenceMs = 6000

// Two events further apart than this have a second between them of which nothing is known.
const gapMs = 2500

/**
 * Where pictures end: at the newest event, so that they move when it comes and not in between; at the
 * present when none comes.
 * @param {readonly Feed[]} feeds
 * @param {number} now
 */
export function endOf(feeds, now) {
  const ends = feeds
    .filter(({ status }) => status.kind === 'connected')
    .map(({ entries }) => entries.at(-1)?.at ?? 0)
  const newest = Math.max(0, ...ends)
  return now - newest < gapMs ? newest : now
}

/** One origin's numbers of the last minute, and whether they still come. */
export class Feed {
  /** @type {readonly Entry[]} replaced, never changed, so that a paused page can keep one */
  entries = []
  /** @type {Status} */
  status = { kind: 'connecting' }
  /** @type {Stats | undefined} the last heard, however long ago */
  latest
  #url
  #changed
  /** @type {EventSource | undefined} */
  #source
  #timer = 0

  /**
   * @param {URL} base of an admin port
   * @param {() => void} changed called when there is something new
   */
  constructor(base, changed) {
    this.#url = new URL('sse/metrics', base)
    this.#changed = changed
    this.#connect()
  }

  #connect() {
    if (this.status.kind === 'lost') this.#say({ kind: 'connecting' })
    const source = new EventSource(this.#url)
    this.#source = source
    source.addEventListener('message', ({ data }) => this.#hear(data))
    // The browser would try again by itself, but not after a refusal, and it does not say when.
    source.addEventListener('error', () => this.#lose('cannot be reached'))
    this.#expect()
  }

  /** @param {unknown} data */
  #hear(data) {
    const stats = parseStats(String(data))
    if (stats === undefined) return this.#lose('answers, but not with numbers')
    this.latest = stats
    this.#add(stats)
    this.#expect()
    this.#say({ kind: 'connected' })
  }

  #expect() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#lose('says nothing'), silenceMs)
  }

  /** @param {string} why */
  #lose(why) {
    this.#source?.close()
    clearTimeout(this.#timer)
    this.#add(null)
    this.#timer = setTimeout(() => this.#connect(), retryMs)
    this.#say({ kind: 'lost', retryAt: Date.now() + retryMs, why })
  }

  /** @param {Stats | null} stats */
  #add(stats) {
    const at = Date.now()
    const last = this.entries.at(-1)
    const added = [{ at, stats }]
    if (last !== undefined && last.stats !== null && at - last.at > gapMs) {
      added.unshift({ at: last.at + 1, stats: null })
    }
    // Some older ones stay, so that lines run out of the picture and do not end in it.
    const since = at - windowMs - gapMs
    this.entries = [...this.entries.filter((entry) => entry.at > since), ...added]
  }

  /** @param {Status} status */
  #say(status) {
    this.status = status
    this.#changed()
  }
}
