import { parseStats } from './stats.js'

/** @typedef {import('./feed.js').Entry} Entry */
/** @typedef {import('./stats.js').Stats} Stats */

// An origin keeps five minutes.
const mostPoints = 600

/**
 * The entries of an origin's history, at times of this browser's clock; none when it is no history.
 * @param {string} text
 * @param {number} now
 * @returns {readonly Entry[]}
 */
export function parseHistory(text, now) {
  const page = parseStats(text)
  const sent = page?.['now']
  if (page === undefined || typeof sent !== 'number') return []
  const [names, workerNames] = [listIn(page, 'names'), listIn(page, 'worker_names')]
  return listIn(page, 'points')
    .slice(-mostPoints)
    .flatMap((point) => {
      const { at, values, workers } = /** @type {Stats} */ (Object(point))
      if (typeof at !== 'number' || !Number.isFinite(at)) return []
      const detail = asList(workers).map((worker) => named(workerNames, worker))
      return [{ at: now - (sent - at), stats: { ...named(names, values), workers_detail: detail } }]
    })
    .filter(({ at }) => at <= now)
}

/**
 * @param {readonly unknown[]} names
 * @param {unknown} values
 * @returns {Stats}
 */
function named(names, values) {
  const list = asList(values)
  return Object.fromEntries(names.map((name, index) => [String(name), list[index]]))
}

/**
 * @param {Stats} page
 * @param {string} name
 */
function listIn(page, name) {
  return asList(page[name])
}

/**
 * @param {unknown} value
 * @returns {readonly unknown[]}
 */
function asList(value) {
  return Array.isArray(value) ? value : []
}
