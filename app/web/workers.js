import { element, write } from './dom.js'
import { formatMilliseconds, formatNumber, formatPercent, unknown } from './format.js'
import { drawHeat } from './heat.js'
import { numberIn, workersIn } from './stats.js'

/** @typedef {import('./feed.js').Entry} Entry */
/** @typedef {import('./stats.js').Stats} Stats */

/**
 * @typedef {object} Column
 * @property {string} label
 * @property {string} [className]
 * @property {(worker: Stats) => string} text
 */

/**
 * @param {string} name
 * @param {(value: number) => string} format
 */
const cell = (name, format) => (/** @type {Stats} */ worker) => {
  const value = numberIn(worker, name)
  return value === null ? unknown : format(value)
}

const asPercent = (/** @type {number} */ ratio) => formatPercent(Math.round(ratio * 100))

/** @type {readonly Column[]} */
const columns = [
  { label: 'Loop busy', text: cell('event_loop_utilization', asPercent) },
  { label: 'Delay p99', text: cell('event_loop_delay_p99_ms', formatMilliseconds) },
  {
    label: 'CPU',
    text: cell('cpu_percent', (v) => formatPercent(Math.round(v))),
  },
  {
    label: 'Heap MiB',
    text: (worker) =>
      `${cell('heap_mb', formatNumber)(worker)} / ${cell('heap_limit_mb', formatNumber)(worker)}`,
  },
  { label: 'GC per s', className: 'wide', text: cell('gc_pause_ms_per_sec', formatMilliseconds) },
  { label: 'Headroom', text: cell('headroom_ratio', asPercent) },
]

/**
 * @typedef {object} Row
 * @property {HTMLTableRowElement} row
 * @property {HTMLCanvasElement} strip
 * @property {readonly HTMLElement[]} cells
 */

/** Every worker's event loop: the last five minutes as a strip, and its numbers; as readable for 16 as for one. */
export class WorkerTable {
  #body = element('tbody')
  /** @type {Map<number, Row>} */
  #rows = new Map()

  /** @param {HTMLElement} parent */
  constructor(parent) {
    const table = element('table', 'workers')
    const head = element('tr')
    head.append(
      heading('Worker'),
      stripHeading(),
      ...columns.map(({ label, className }) => heading(label, className)),
    )
    const top = element('thead')
    top.append(head)
    table.append(top, this.#body)
    parent.append(table)
  }

  /**
   * @param {readonly Entry[]} entries
   * @param {{ readonly now: number, readonly latest: Stats | undefined }} moment
   */
  draw(entries, { now, latest }) {
    const workers = latest === undefined ? [] : workersIn(latest)
    const seats = workers.map((worker) => numberIn(worker, 'worker') ?? -1)
    for (const [seat, { row }] of this.#rows) {
      if (seats.includes(seat)) continue
      row.remove()
      this.#rows.delete(seat)
    }
    for (const [index, worker] of workers.entries()) {
      const seat = seats[index] ?? -1
      const { strip, cells } = this.#rowOf(seat)
      for (const [at, { text }] of columns.entries()) {
        const place = cells[at]
        if (place !== undefined) write(place, text(worker))
      }
      drawHeat(strip, entries, { now, read: (stats) => utilization(stats, seat) })
    }
  }

  /** @param {number} seat */
  #rowOf(seat) {
    const known = this.#rows.get(seat)
    if (known !== undefined) return known
    const row = element('tr')
    const name = element('th', '', String(seat))
    name.scope = 'row'
    const strip = element('canvas')
    strip.height = 1
    // Its last second is beside it as a number.
    strip.setAttribute('aria-hidden', 'true')
    const place = element('td', 'strip')
    place.append(strip)
    const cells = columns.map(({ label, className }) => {
      const made = element('td', className)
      // On a phone, where there is no room for a head of the table.
      made.dataset['label'] = label
      return made
    })
    row.append(name, place, ...cells)
    const made = { row, strip, cells }
    this.#rows.set(seat, made)
    this.#body.append(row)
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

// Each event is drawn three hundred times in each row, and looked through once.
/** @type {WeakMap<Stats, ReadonlyMap<number, number | null>>} */
const loops = new WeakMap()

/**
 * @param {Stats} stats
 * @returns {ReadonlyMap<number, number | null>}
 */
function loopsOf(stats) {
  return new Map(
    workersIn(stats).map((worker) => [
      numberIn(worker, 'worker') ?? -1,
      numberIn(worker, 'event_loop_utilization'),
    ]),
  )
}

function stripHeading() {
  const made = heading('Event loop, last five minutes', 'strip')
  made.append(' ', element('small', 'wide', 'fuller is busier, red from 90 %'))
  return made
}

/**
 * @param {Stats} stats
 * @param {number} seat
 */
function utilization(stats, seat) {
  const known = loops.get(stats) ?? loopsOf(stats)
  loops.set(stats, known)
  return known.get(seat) ?? null
}
