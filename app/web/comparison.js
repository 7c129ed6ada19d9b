import { Connection } from './connection.js'
import { element, write } from './dom.js'
import { figures } from './figures.js'
import { Quantity } from './quantity.js'
import { VerdictView } from './verdict.js'

/** @typedef {import('./feed.js').Feed} Feed */
/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./stats.js').Stats} Stats */

/**
 * @typedef {object} ComparedColumn
 * @property {string} name
 * @property {string} place
 * @property {string} problem
 * @property {Feed | undefined} feed none when the target is no URL
 */

// Of these a ratio would say nothing.
const withoutRatio = new Set(['uptime', 'total', 'gc-runs'])

/** Figures as rows and targets as columns: numbers to compare stand side by side. */
export class ComparisonTable {
  /** @type {readonly { readonly column: ComparedColumn, readonly cell: HTMLElement, readonly verdict: VerdictView, readonly connection: Connection | undefined }[]} */
  #heads
  /** @type {readonly { readonly figure: Figure, readonly cells: readonly Cell[] }[]} */
  #rows

  /**
   * @param {HTMLElement} parent
   * @param {readonly ComparedColumn[]} columns
   */
  constructor(parent, columns) {
    const table = element('table', 'comparison')
    this.#heads = columns.map((column, index) => headOf(column, index + 1))
    const names = element('tr')
    names.append(element('td'), ...this.#heads.map(({ cell }) => cell))
    const head = element('thead')
    head.append(names)
    const body = element('tbody')
    this.#rows = figures.map((figure) => {
      const cells = columns.map(() => new Cell())
      const name = element('th', '', figure.label)
      name.scope = 'row'
      const row = element('tr')
      row.id = `row-${figure.id}`
      row.append(name, ...cells.map((cell) => cell.element))
      body.append(row)
      return { figure, cells }
    })
    table.append(head, body)
    parent.append(table)
  }

  drawStatus() {
    for (const [index, { column, connection }] of this.#heads.entries()) {
      if (column.feed !== undefined) connection?.draw(column.feed)
      const isStale = column.feed?.status.kind !== 'connected'
      for (const { cells } of this.#rows)
        cells[index]?.element.classList.toggle('is-stale', isStale)
    }
  }

  drawFigures() {
    for (const { column, verdict } of this.#heads) {
      if (column.feed?.latest !== undefined) verdict.draw(column.feed.latest)
    }
    for (const { figure, cells } of this.#rows) {
      const stats = this.#heads[0]?.column.feed?.latest
      const first = stats === undefined || withoutRatio.has(figure.id) ? null : figure.read(stats)
      for (const [index, cell] of cells.entries()) {
        cell.show(figure, this.#heads[index]?.column.feed?.latest, index === 0 ? null : first)
      }
    }
  }
}

class Cell {
  element = element('td')
  #value = new Quantity()
  #ratio = element('span', 'ratio')
  #detail = element('span', 'detail')

  constructor() {
    this.element.append(this.#value.element, this.#ratio, this.#detail)
  }

  /**
   * @param {Figure} figure
   * @param {Stats | undefined} stats
   * @param {number | null} first what it is a multiple of
   */
  show({ read, format, detail }, stats, first) {
    const value = stats === undefined ? null : read(stats)
    this.#value.show(value, format)
    write(this.#detail, stats === undefined ? '' : (detail?.(stats) ?? ''))
    const isRatio = value !== null && first !== null && first > 0
    write(this.#ratio, isRatio ? `× ${(value / first).toFixed(2)}` : '')
  }
}

/**
 * @param {ComparedColumn} column
 * @param {number} tone
 */
function headOf(column, tone) {
  const cell = element('th', `tone-${tone}`)
  cell.scope = 'col'
  const place = element('span', 'place', column.place)
  place.title = column.place
  const name = element('span', 'name')
  name.append(element('i', 'swatch'), column.name, ' ', place)
  const status = element('span', 'connection')
  const answer = element('span', 'verdict')
  cell.append(name, status, answer)
  const verdict = new VerdictView(answer)
  if (column.feed !== undefined) {
    return { column, cell, verdict, connection: new Connection(status) }
  }
  status.dataset['kind'] = 'lost'
  status.append(element('i', 'dot'), column.problem)
  return { column, cell, verdict, connection: undefined }
}
