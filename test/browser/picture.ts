import type { Page } from 'playwright-core'

/** What of a chart's line is seen: for each column of pixels of the drawing, whether it is there. */
export async function lineColumns(
  page: Page,
  chart: string,
  colour = '--line-1',
): Promise<readonly boolean[]> {
  return (await lineOf(page, chart, colour)).columns
}

/** How high a chart's line is drawn, as a share of the drawing: near 0 while it is flat. */
export async function lineHeight(page: Page, chart: string, colour: string): Promise<number> {
  const { rows } = await lineOf(page, chart, colour)
  return rows.includes(true) ? (rows.lastIndexOf(true) - rows.indexOf(true)) / rows.length : 0
}

interface Line {
  readonly columns: readonly boolean[]
  readonly rows: readonly boolean[]
}

async function lineOf(page: Page, chart: string, colour: string): Promise<Line> {
  // The page's own types are not known here, so that what it runs is text.
  return page.evaluate(`(() => {
    const canvas = document.querySelector('#chart-${chart} canvas')
    const probe = document.createElement('span')
    probe.style.color = 'var(${colour})'
    document.body.append(probe)
    const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number)
    probe.remove()
    const { width, height } = canvas
    // Read from a copy: a canvas that is read often warns, and is drawn another way from then on.
    const copy = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d', {
      willReadFrequently: true,
    })
    copy.drawImage(canvas, 0, 0)
    const { data } = copy.getImageData(0, 0, width, height)
    const isLine = (at) =>
      data[at + 3] > 128 && wanted.every((part, index) => Math.abs(data[at + index] - part) < 60)
    const [columns, rows] = [Array(width).fill(false), Array(height).fill(false)]
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        if (isLine(4 * (y * width + x))) columns[x] = rows[y] = true
    return { columns, rows }
  })()`)
}

/** Parts of the picture with a line in them: 1 when it is whole, 2 when there is a gap. */
export function partsOf(columns: readonly boolean[]): number {
  return columns.filter((is, index) => is && columns[index - 1] !== true).length
}

/** Contrast by WCAG of each pair of the style sheet's colours: ink, ground. */
export async function contrasts(
  page: Page,
  pairs: readonly (readonly [string, string])[],
): Promise<readonly number[]> {
  return page.evaluate(`(() => {
    const luminance = (name) => {
      const probe = document.createElement('span')
      probe.style.color = 'var(' + name + ')'
      document.body.append(probe)
      const parts = getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).map(Number)
      probe.remove()
      const [r, g, b] = parts.map((part) => {
        const one = part / 255
        return one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    return ${JSON.stringify(pairs)}.map(([ink, ground]) => {
      const [a, b] = [luminance(ink), luminance(ground)].sort((x, y) => y - x)
      return (a + 0.05) / (b + 0.05)
    })
  })()`)
}
