import { element, write } from './dom.js'
import { formatCount, formatMicroseconds, formatNumber, unknown } from './format.js'
import { listIn, numberIn, recordIn, textIn } from './stats.js'

/** @typedef {import('./stats.js').Stats} Stats */

/**
 * @typedef {object} Column
 * @property {string} label
 * @property {string} [className]
 * @property {(row: Stats) => string} text
 */

/**
 * @param {string} name
 * @param {(value: number) => string} format
 */
const cell = (name, format) => (/** @type {Stats} */ row) => {
  const value = numberIn(row, name)
  return value === null ? unknown : format(value)
}

/** @type {Column} */
const perSecond = { label: 'Per second', text: cell('per_sec', formatNumber) }
/** @type {Column} */
const mean = { label: 'Mean', className: 'wide', text: cell('avg_us', formatMicroseconds) }
/** @type {Column} */
const total = { label: 'Total', text: cell('total', formatCount) }
/** @type {Column} */
const errors = {
  label: 'Real errors',
  text: (row) => cell('real', formatCount)(recordIn(row, 'errors')),
}

const tables = [
  { id: 'statuses', label: 'Status', columns: [perSecond, mean, total] },
  { id: 'endpoints', label: 'Endpoint', columns: [perSecond, mean, errors, total] },
  { id: 'listeners', label: 'Listener', columns: [perSecond, errors, total] },
]

const causes = /** @type {const} */ ({ injected: 'injected', asked: 'asked for' })

/** What was answered by status, endpoint and listener; statuses that came on purpose are rows of their own. */
export class AnswersView {
  /** @type {readonly { readonly id: string, readonly table: AnswersTable }[]} */
  #tables

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.#tables = tables.map(({ id, label, columns }) => {
      const table = new AnswersTable(label, columns)
      table.element.id = id
      parent.append(table.element)
      return { id, table }
    })
  }

  /** @param {Stats} answered */
  draw(answered) {
    for (const { id, table } of this.#tables) table.draw(listIn(answered, id))
  }
}

class AnswersTable {
  element = element('div', 'card')
  #columns
  #body = element('tbody')
  #none = element('p', 'none', 'Nothing has been answered yet.')
  /** @type {Map<string, { readonly row: HTMLElement, readonly cells: readonly HTMLElement[] }>} */
  #rows = new Map()

  /**
   * @param {string} label
   * @param {readonly Column[]} columns
   */
  constructor(label, columns) {
    this.#columns = columns
    const head = element('tr')
    head.append(heading(label), ...columns.map((column) => heading(column.label, column.className)))
    const top = element('thead')
    top.append(head)
    const table = element('table', 'answers')
    table.append(top, this.#body)
    this.element.append(table, this.#none)
  }

  /** @param {readonly Stats[]} rows */
  draw(rows) {
    this.#none.hidden = rows.length > 0
    const keys = rows.map((row) => `${textIn(row, 'cause')} ${textIn(row, 'name')}`)
    for (const [key, { row }] of this.#rows) {
      if (keys.includes(key)) continue
      row.remove()
      this.#rows.delete(key)
    }
    for (const [index, data] of rows.entries()) {
      const { row, cells } = this.#rowOf(keys[index] ?? '', data)
      // A row that stands where it should is left alone, so that what is selected in it stays.
      if (this.#body.children[index] !== row)
        this.#body.insertBefore(row, this.#body.children[index] ?? null)
      row.classList.toggle('is-bad', (numberIn(recordIn(data, 'errors'), 'real') ?? 0) > 0)
      for (const [at, { text }] of this.#columns.entries()) {
        const place = cells[at]
        if (place !== undefined) write(place, text(data))
      }
    }
  }

  /**
   * @param {string} key
   * @param {Stats} data
   */
  #rowOf(key, data) {
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    const row = element('tr')
    const name = element('th', '', textIn(data, 'name') ?? unknown)
    name.scope = 'row'
    const cause = textIn(data, 'cause')
    if (cause === 'injected' || cause === 'asked')
      name.append(' ', element('span', 'tag', causes[cause]))
    const cells = this.#columns.map(({ className }) => element('td', className))
    row.append(name, ...cells)
    const made = { row, cells }
    this.#rows.set(key, made)
    return made
  }
}

/**
 * @param {string} text
 * @param {string} [className]
 */
function heading(text, className) {
  const made = element('th', className, text)
  made.scope = 'col'
  return made
}
