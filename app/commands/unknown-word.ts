import { nearestWord } from '../nearest.ts'

/** The sentence for a word that is not known: the nearest one, if any, and all that are known. `of` is '' for commands. */
export function unknownWord(of: string, word: string, known: readonly string[]): string {
  const [where, kind] = of === '' ? ['', 'command'] : [`${of} `, `${of} command`]
  const list = known.join(', ')
  if (word === '') return `${of}: say which: ${list}`
  const nearest = nearestWord(word, known)
  const guess = nearest === undefined ? '' : `did you mean ${where}${nearest}? `
  return `${where}${word.slice(0, 40)}: there is no such ${kind}; ${guess}use ${list}`
}
