/**
 * The known word that a mistyped one most likely means, or undefined when none is near: at most a third of its letters
 * differ. Case does not count.
 */
export function nearestWord(typed: string, known: readonly string[]): string | undefined {
  if (typed.length > longestWord) return undefined
  const most = Math.max(1, Math.floor(typed.length / 3))
  const ranked = known
    .map((word) => ({ word, distance: distanceOf(typed.toLowerCase(), word.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .toSorted((one, other) => one.distance - other.distance)
  return ranked[0]?.word
}

/** `did you mean WORD? ` when a known word is near, else ''. */
export function guess(typed: string, known: readonly string[]): string {
  const nearest = nearestWord(typed, known)
  return nearest === undefined ? '' : `did you mean ${nearest}? `
}

// Of what a person types: the work grows with the square of it.
const longestWord = 64

/** How many letters must be added, removed, replaced or swapped with the next (Damerau's distance). */
function distanceOf(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, place) => place)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let place = 1; place <= to.length; place++) {
      const isSame = from[row - 1] === to[place - 1]
      const isSwapped =
        row > 1 && place > 1 && from[row - 1] === to[place - 2] && from[row - 2] === to[place - 1]
      next.push(
        Math.min(
          (last[place] ?? 0) + 1,
          (next[place - 1] ?? 0) + 1,
          (last[place - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped ? (beforeLast[place - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    beforeLast = last
    last = next
  }
  return last[to.length] ?? 0
}
