// What an origin says of itself comes from anywhere (/compare): each figure is looked at before it is
// believed, and one that is missing or no number is not known.

/** @typedef {Readonly<Record<string, unknown>>} Stats one event of the feed, or one worker's part of it */

// As many as the `workers` setting allows.
const mostWorkers = 256

/**
 * The page of numbers in an event; undefined when it is none.
 * @param {string} text
 * @returns {Stats | undefined}
 */
export function parseStats(text) {
  try {
    const value = /** @type {unknown} */ (JSON.parse(text))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * @param {Stats} stats
 * @param {string} name
 * @returns {number | null}
 */
export function numberIn(stats, name) {
  const value = stats[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/**
 * @param {Stats} stats
 * @param {string} name
 * @param {number} most characters
 * @returns {string | null}
 */
export function textIn(stats, name, most = 80) {
  const value = stats[name]
  return typeof value === 'string' ? value.slice(0, most) : null
}

/**
 * @param {Stats} stats
 * @returns {readonly Stats[]}
 */
export function workersIn(stats) {
  const value = stats['workers_detail']
  return Array.isArray(value) ? value.slice(0, mostWorkers).filter(isRecord) : []
}

// More than any table here has.
const mostRows = 100

/**
 * Rows of a table.
 * @param {Stats} stats
 * @param {string} name
 * @returns {readonly Stats[]}
 */
export function listIn(stats, name) {
  const value = stats[name]
  return Array.isArray(value) ? value.slice(0, mostRows).filter(isRecord) : []
}

/**
 * @param {Stats} stats
 * @param {string} name
 * @returns {Stats}
 */
export function recordIn(stats, name) {
  const value = stats[name]
  return isRecord(value) ? value : {}
}

/**
 * The worker with the most of something.
 * @param {Stats} stats
 * @param {string} name
 * @returns {{ readonly worker: number | null, readonly value: number } | null}
 */
export function mostOfWorkers(stats, name) {
  /** @type {{ readonly worker: number | null, readonly value: number } | null} */
  let most = null
  for (const one of workersIn(stats)) {
    const value = numberIn(one, name)
    if (value !== null && (most === null || value > most.value)) {
      most = { worker: numberIn(one, 'worker'), value }
    }
  }
  return most
}

/**
 * @param {unknown} value
 * @returns {value is Stats}
 */
function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
