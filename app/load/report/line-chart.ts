/** One line of a chart; null is a gap. */
export interface ChartLine {
  readonly label: string
  /** Which of the page's colours, --line-1 to --line-4. */
  readonly tone: number
  readonly points: readonly (readonly [x: number, y: number | null])[]
  readonly isDashed?: boolean
}

/** What is drawn: lines over one axis, from 0 up. */
export interface ChartShape {
  readonly title: string
  readonly note?: string
  readonly lines: readonly ChartLine[]
  readonly xTicks: readonly (readonly [x: number, label: string])[]
  readonly showY: (value: number) => string
  /** The least that the axis reaches. */
  readonly leastTop?: number
}

const [width, height] = [560, 220]
const inset = { left: 62, right: 12, top: 8, bottom: 24 } as const

/** A figure with an SVG in it: drawn once, without a script, so that it can be mailed and printed. */
export function lineChart({ title, note, lines, xTicks, showY, leastTop = 0 }: ChartShape): string {
  const points = lines.flatMap((line) => line.points)
  const xs = points.map(([x]) => x)
  const ys = points.flatMap(([, y]) => (y === null ? [] : [y]))
  const [left, right] = [least(xs), Math.max(most(xs), least(xs) + 1e-9)]
  const { top, step } = scale(Math.max(leastTop, most(ys)))
  const xAt = (x: number): number =>
    inset.left + ((x - left) / (right - left)) * (width - inset.left - inset.right)
  const yAt = (y: number): number =>
    height - inset.bottom - (y / top) * (height - inset.top - inset.bottom)
  const grid = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step).map(
    (value) =>
      `<line class="grid" x1="${inset.left}" x2="${width - inset.right}" y1="${round(yAt(value))}" y2="${round(yAt(value))}"/><text class="y" x="${inset.left - 8}" y="${round(yAt(value) + 4)}">${escapeHtml(showY(value))}</text>`,
  )
  const ticks = xTicks
    .filter(([x]) => x >= left - 1e-9 && x <= right + 1e-9)
    .map(
      ([x, label]) =>
        `<text class="x" x="${round(xAt(x))}" y="${height - 6}">${escapeHtml(label)}</text>`,
    )
  const drawn = lines.map(
    ({ tone, points: own, isDashed = false }) =>
      `<path class="line tone-${tone}${isDashed ? ' dashed' : ''}" d="${pathOf(own, xAt, yAt)}"/>`,
  )
  const legend = lines
    .map(({ label, tone }) => `<span class="key tone-${tone}"><i></i>${escapeHtml(label)}</span>`)
    .join('')
  return `<figure><figcaption><b>${escapeHtml(title)}</b>${note === undefined ? '' : ` <small>${escapeHtml(note)}</small>`}<span class="legend">${legend}</span></figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">${grid.join('')}${ticks.join('')}${drawn.join('')}</svg></figure>`
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

// A line of one point would not be seen.
function pathOf(
  points: ChartLine['points'],
  xAt: (x: number) => number,
  yAt: (y: number) => number,
): string {
  let isDown = false
  return points
    .map(([x, y]) => {
      if (y === null) {
        isDown = false
        return ''
      }
      const mark = `${isDown ? 'L' : 'M'}${round(xAt(x))} ${round(yAt(y))}${isDown ? '' : 'h.01'}`
      isDown = true
      return mark
    })
    .join('')
}

/** An axis of three to six parts, of 1, 2 or 5 times a power of ten. */
function scale(highest: number): { readonly top: number; readonly step: number } {
  if (!(highest > 0)) return { top: 1, step: 0.25 }
  const rough = highest / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  return { top: Math.ceil(highest / step - 1e-9) * step, step }
}

function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), values[0] ?? 0)
}

function most(values: readonly number[]): number {
  return values.reduce((high, value) => Math.max(high, value), values[0] ?? 0)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
