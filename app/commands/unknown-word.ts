import { guessFlag } from '../config/flags.ts'
import { settings } from '../config/settings.ts'
import { guess } from '../nearest.ts'

/** The sentence for a word that is not known: the nearest one, if any, and all that are known. `of` is '' for commands. */
export function unknownWord(of: string, word: string, known: readonly string[]): string {
  const [where, kind] = of === '' ? ['', 'command'] : [`${of} `, `${of} command`]
  const list = known.join(', ')
  if (word === '' && of !== '') return `${of}: say which: ${list}`
  // help explains each setting, too, which would be too many for the list.
  const unlisted = of === 'help' ? Object.keys(settings) : []
  const near = guess(word, [...known, ...unlisted]).replace(
    'did you mean ',
    `did you mean ${where}`,
  )
  const meant = near === '' && of === '' ? guessFlag(word) : near
  return `${where}${show([word])}: there is no such ${kind}; ${meant}use ${list}`
}

/** The sentence for words that a command has no use for. */
export function surplusWords(command: string, words: readonly string[]): string {
  return `${command}: takes no further words; leave out ${show(words)}`
}

function show(words: readonly string[]): string {
  return words
    .map((word) => (word === '' ? '""' : word))
    .join(' ')
    .slice(0, 40)
}
