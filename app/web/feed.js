import { parseHistory } from './history.js'
import { numberIn, parseStats } from './stats.js'

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
export const windowMs = 300_000

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

/** One origin's numbers of the last five minutes, and whether they still come. */
export class Feed {
  /** @type {readonly Entry[]} replaced, never changed, so that a paused page can keep one */
  entries = []
  /** @type {Status} */
  status = { kind: 'connecting' }
  /** @type {Stats | undefined} the last heard, however long ago */
  latest
  /** @type {Stats | undefined} answers by listener, status and endpoint; none from an origin of an older version */
  answered
  /** @type {Stats | undefined} the newest exchanges with an id */
  exchanges
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
    this.#url = new URL('sse/metrics?detail=true', base)
    this.#changed = changed
    this.#connect()
  }

  #connect() {
    if (this.status.kind === 'lost') this.#say({ kind: 'connecting' })
    const source = new EventSource(this.#url)
    this.#source = source
    source.addEventListener('message', ({ data }) => this.#hear(data))
    source.addEventListener('history', ({ data }) => this.#recall(String(data)))
    for (const name of /** @type {const} */ (['answered', 'exchanges'])) {
      source.addEventListener(name, ({ data }) => {
        this[name] = parseStats(String(data)) ?? this[name]
        this.#changed()
      })
    }
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

  /**
   * What the origin remembers takes the place of what this page saw, and fills the gaps of lost connections.
   * @param {string} text
   */
  #recall(text) {
    const now = Date.now()
    const [first, ...more] = parseHistory(text, now)
    if (first === undefined) return
    const seen = this.entries.filter(({ at }) => at < first.at)
    this.entries = [first, ...more].reduce(joined, seen)
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
    // Some older ones stay, so that lines run out of the picture and do not end in it.
    const since = at - windowMs - gapMs
    const kept = this.entries.filter((entry) => entry.at > since)
    const last = kept.at(-1)?.stats ?? null
    // The first event may be of the second that the history ends with.
    const isKnown = stats !== null && last !== null && isSameSecond(last, stats)
    this.entries = joined(isKnown ? kept.slice(0, -1) : kept, { at, stats })
  }

  /** @param {Status} status */
  #say(status) {
    this.status = status
    this.#changed()
  }
}

/**
 * @param {readonly Entry[]} entries
 * @param {Entry} next
 * @returns {readonly Entry[]} with a gap before it when there is a time of which nothing is known
 */
function joined(entries, next) {
  const last = entries.at(-1)
  const isGap = last !== undefined && last.stats !== null && next.at - last.at > gapMs
  return [...entries, ...(isGap ? [{ at: last.at + 1, stats: null }] : []), next]
}

/**
 * @param {Stats} a
 * @param {Stats} b
 */
function isSameSecond(a, b) {
  const uptime = numberIn(a, 'uptime_seconds')
  return uptime !== null && uptime === numberIn(b, 'uptime_seconds')
}
