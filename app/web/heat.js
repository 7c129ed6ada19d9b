import { windowMs } from './feed.js'
import { colour } from './theme.js'

/** @typedef {import('./feed.js').Entry} Entry */
/** @typedef {import('./stats.js').Stats} Stats */

// From here on a loop has no time to spare: a colour of its own.
const fullRatio = 0.9

// An event tells of the second before it, or of the time since the last one where that is not much more.
const secondMs = 1000
const longMs = 1600

/**
 * Five minutes as a strip: the fuller the colour, the busier; empty where nothing is known.
 * @param {HTMLCanvasElement} canvas
 * @param {readonly Entry[]} entries
 * @param {{ readonly now: number, readonly read: (stats: Stats) => number | null }} how
 */
export function drawHeat(canvas, entries, { now, read }) {
  const width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio))
  if (canvas.width !== width) canvas.width = width
  const context = canvas.getContext('2d')
  if (context === null) return
  context.globalAlpha = 1
  context.clearRect(0, 0, width, canvas.height)
  // Whole pixels, or neighbours would let the ground shine through between them.
  const x = (/** @type {number} */ at) => Math.round(width * (1 - (now - at) / windowMs))
  for (const [index, { at, stats }] of entries.entries()) {
    const ratio = stats === null ? null : read(stats)
    if (ratio === null) continue
    const before = entries[index - 1]?.at ?? 0
    const from = at - before < longMs ? before : at - secondMs
    context.fillStyle = colour(ratio < fullRatio ? '--heat' : '--heat-full')
    context.globalAlpha = ratio < fullRatio ? 0.07 + 0.9 * Math.max(0, ratio) : 1
    context.fillRect(x(from), 0, x(at) - x(from), canvas.height)
  }
}
