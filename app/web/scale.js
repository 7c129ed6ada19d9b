/** @typedef {{ readonly top: number, readonly parts: number }} Scale from 0 to the top, in equal parts */

/**
 * A scale that ends at 1, 2, 2.5, 5 or 10 times a power of ten of the unit it is written in, so that it
 * stays while its numbers move a little, and its parts are round as well.
 * @param {number} most
 * @param {number} base of the units
 * @returns {Scale}
 */
export function scaleFor(most, base) {
  if (most <= 0) return { top: 1, parts: 4 }
  // A line should not lie on the edge.
  const wanted = most * 1.02
  const unit = base ** Math.max(0, Math.floor(Math.log(wanted / 1000) / Math.log(base)) + 1)
  const power = 10 ** Math.floor(Math.log10(wanted / unit))
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power * unit >= wanted) ?? 10
  return { top: step * power * unit, parts: step === 2.5 || step === 5 ? 5 : 4 }
}

/**
 * Where its lines are.
 * @param {Scale} scale
 */
export function gridOf({ top, parts }) {
  return Array.from({ length: parts + 1 }, (_, index) => (top * index) / parts)
}

/**
 * Ends of a scale of decades: 1, 2 or 5 times a power of ten each, below the least and above the most.
 * @param {number} least above 0
 * @param {number} most
 * @returns {[number, number]}
 */
export function logScaleFor(least, most) {
  const ends = steps(least / 10, most * 10)
  const [bottom = least, top = most] = [
    ends.findLast((end) => end <= least),
    ends.find((end) => end >= most),
  ]
  return bottom < top ? [bottom, top] : [bottom / 2, top * 2]
}

/**
 * Its lines: all of 1, 2 and 5 times a power of ten, or the powers alone where these are many.
 * @param {number} bottom
 * @param {number} top
 */
export function logGridOf(bottom, top) {
  const all = steps(bottom, top)
  return all.length <= 5
    ? all
    : all.filter((step) => Number.isInteger(Number(Math.log10(step).toFixed(9))))
}

/**
 * @param {number} from
 * @param {number} to
 */
function steps(from, to) {
  const [first, last] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))]
  return Array.from({ length: last - first + 1 }, (_, decade) => first + decade)
    .flatMap((decade) => [1, 2, 5].map((step) => Number(`${step}e${decade}`)))
    .filter((step) => step >= from && step <= to)
}
