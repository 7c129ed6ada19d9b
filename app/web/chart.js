import { element, write } from './dom.js'
import { windowMs } from './feed.js'
import { formatTime, unknown } from './format.js'
import { gridOf, logGridOf, logScaleFor, scaleFor } from './scale.js'
import { colour } from './theme.js'
import uPlot from './uplot.js'

/** @typedef {import('./feed.js').Entry} Entry */
/** @typedef {import('./figures.js').ChartRow} ChartRow */
/** @typedef {import('./figures.js').Read} Read */

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {number} tone which of the style sheet's --line-N
 * @property {number} feed which of the drawn feeds it reads
 * @property {Read} read
 * @property {number[]} [dash]
 */

const heightPx = 148

// The cursor of one chart is the cursor of all: a dip in one is looked up in the others.
const cursors = uPlot.sync('all')

/** One figure's last minutes, with its name, and its numbers in text. */
export class Chart {
  #row
  #lines
  #plot
  #time = element('time')
  /** @type {readonly HTMLElement[]} */
  #values
  #window = { min: 0, max: 1 }
  #scale = scaleFor(0, 1000)
  /** @type {[number, number]} of a scale of decades */
  #ends = [100, 1000]

  /**
   * @param {HTMLElement} parent
   * @param {ChartRow} row
   * @param {readonly Line[]} lines
   */
  constructor(parent, row, lines) {
    this.#row = row
    this.#lines = lines
    this.#values = lines.map(() => element('b', '', unknown))
    const figure = element('figure', 'chart')
    figure.id = `chart-${row.id}`
    const plot = element('div', 'plot')
    // What it shows is in the caption as text.
    plot.setAttribute('aria-hidden', 'true')
    figure.append(this.#caption(), plot)
    parent.append(figure)
    this.#plot = new uPlot(this.#options(plot.clientWidth), [[0], ...lines.map(() => [null])], plot)
    new ResizeObserver(() => this.#fit(plot.clientWidth)).observe(plot)
  }

  /**
   * @param {readonly (readonly Entry[])[]} feeds
   * @param {number} now milliseconds since 1970
   */
  draw(feeds, now) {
    this.#window = { min: (now - windowMs) / 1000, max: now / 1000 }
    const tables = feeds.map((entries, feed) => this.#table(entries, feed))
    // Joined, a second in which another feed has a point is left out, where null would break the line.
    this.#plot.setData(tables.length === 1 ? (tables[0] ?? [[]]) : uPlot.join(tables))
    this.#tell()
  }

  /** With the colours of now. */
  repaint() {
    this.#plot.redraw(false)
  }

  /**
   * @param {readonly Entry[]} entries
   * @param {number} feed
   * @returns {uPlot.AlignedData}
   */
  #table(entries, feed) {
    // The library needs a point to show the axes.
    const rows = entries.length === 0 ? [{ at: this.#window.max * 1000, stats: null }] : entries
    return [
      rows.map(({ at }) => at / 1000),
      ...this.#lines
        .filter((line) => line.feed === feed)
        .map(({ read }) => rows.map(({ stats }) => (stats === null ? null : read(stats)))),
    ]
  }

  #caption() {
    const caption = element('figcaption')
    const title = element('span', 'title', this.#row.title)
    const { note = '' } = this.#row
    if (note !== '') title.append(' ', element('small', '', note))
    const legend = element('span', 'legend')
    for (const [index, { label, tone }] of this.#lines.entries()) {
      const item = element('span', `tone-${tone}`)
      item.append(
        element('i', 'swatch'),
        label === '' ? '' : `${label} `,
        this.#values[index] ?? '',
      )
      legend.append(item)
    }
    caption.append(title, this.#time, legend)
    return caption
  }

  /** Under the cursor, or last of all. */
  #tell() {
    const { data, cursor } = this.#plot
    const idx = cursor.idx ?? undefined
    write(this.#time, idx === undefined ? '' : formatTime((data[0][idx] ?? 0) * 1000))
    for (const [index, place] of this.#values.entries()) {
      const column = data[index + 1] ?? []
      const value = valueAt(column, idx ?? column.length - 1)
      write(place, value === null ? unknown : this.#row.format(value))
    }
  }

  /**
   * @param {number} most
   * @returns {[number, number]}
   */
  #rescale(most) {
    const { top = 0, base = 1000 } = this.#row
    this.#scale = most > top ? scaleFor(most, base) : { top: top === 0 ? 1 : top, parts: 4 }
    return [0, this.#scale.top]
  }

  /** @returns {uPlot.Scale} */
  #logScale() {
    /** @type {uPlot.Scale} */
    const scale = {
      range: (_plot, least, most) => (this.#ends = logScaleFor(least ?? 100, most ?? 1000)),
    }
    // Logarithmic: a const enum, of which the library's script has nothing.
    return Object.assign(scale, { distr: 3 })
  }

  /** @param {number} width */
  #fit(width) {
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: heightPx })
  }

  /**
   * @param {number} width
   * @returns {uPlot.Options}
   */
  #options(width) {
    const { format } = this.#row
    return {
      width: Math.max(width, 200),
      height: heightPx,
      legend: { show: false },
      padding: [8, 24, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        sync: { key: cursors.key },
        points: { size: 7 },
      },
      hooks: { setCursor: [() => this.#tell()] },
      scales: {
        x: { range: () => [this.#window.min, this.#window.max] },
        y:
          this.#row.isLog === true
            ? this.#logScale()
            : { range: (_plot, _min, max) => this.#rescale(max ?? 0) },
      },
      axes: [
        {
          ...axis(),
          space: 70,
          size: 24,
          values: (_plot, at) => at.map((s) => formatTime(s * 1000)),
        },
        {
          ...axis(),
          space: 28,
          size: 64,
          splits: () => (this.#row.isLog === true ? logGridOf(...this.#ends) : gridOf(this.#scale)),
          // Of a scale of decades the library would leave lines out.
          filter: (_plot, all) => all,
          values: (_plot, all) => all.map((value) => (value === 0 ? '0' : format(value))),
        },
      ],
      series: [{}, ...this.#lines.map((line) => seriesOf(line, this.#lines.length === 1))],
    }
  }
}

/**
 * @param {Line} line
 * @param {boolean} isFilled
 * @returns {uPlot.Series}
 */
function seriesOf({ tone, dash }, isFilled) {
  return {
    width: 1.5,
    points: { show: false },
    stroke: () => colour(`--line-${tone}`),
    ...(dash !== undefined && { dash }),
    ...(isFilled && { fill: () => colour(`--area-${tone}`) }),
  }
}

/** @returns {uPlot.Axis} */
function axis() {
  return {
    font: '11px system-ui, sans-serif',
    stroke: () => colour('--muted'),
    grid: { stroke: () => colour('--grid'), width: 1 },
    ticks: { show: false },
    gap: 6,
  }
}

/**
 * The value there, or before it where another feed has the point.
 * @param {ArrayLike<number | null | undefined>} column
 * @param {number} index
 */
function valueAt(column, index) {
  for (let at = index; at >= 0; at--) {
    const value = column[at]
    if (value !== undefined) return value
  }
  return null
}
