/**
 * @typedef {object} Target
 * @property {string} text as it was written; empty for this origin
 * @property {URL | undefined} base
 * @property {string} problem what is wrong with the text; empty when nothing is
 */

/** Of the admin port this page is from; a proxy may have put it below a path. */
export const ownBase = new URL('.', location.href)

/**
 * The targets a link names (`?targets=url,url`), as many as there is room for.
 * @param {string} search
 * @param {number} count
 * @returns {readonly Target[]}
 */
export function targetsIn(search, count) {
  const named = new URLSearchParams(search).getAll('targets').flatMap((text) => text.split(','))
  return Array.from({ length: count }, (_, index) => parseTarget(named[index] ?? ''))
}

/**
 * @param {readonly string[]} texts
 * @returns {string} the query that names them; empty when all are this origin
 */
export function queryOf(texts) {
  const trimmed = texts.map((text) => text.trim())
  if (trimmed.every((text) => text === '')) return ''
  // As it is read in the address bar: a target may keep its colons and slashes in a query.
  return `?targets=${trimmed.map((text) => encodeURIComponent(text).replace(/%3A|%2F/gi, decodeURIComponent)).join(',')}`
}

/**
 * @param {string} written
 * @returns {Target}
 */
export function parseTarget(written) {
  const text = written.trim()
  if (text === '') return { text, base: ownBase, problem: '' }
  const refuse = (/** @type {string} */ problem) => ({ text, base: undefined, problem })
  if (!/^https?:\/\//i.test(text)) return refuse('Begin with http:// or https://')
  if (!URL.canParse(text)) return refuse('Not a URL; write http://host:9000')
  const base = new URL(text)
  if (base.username !== '' || base.password !== '') return refuse('Leave out user and password')
  if (base.search !== '' || base.hash !== '') return refuse('Leave out ? and #')
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  return { text, base, problem: '' }
}
