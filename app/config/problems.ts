// Every setting may be wrong at once, and then each one is named.
const mostSentences = 100

// Longer than any of our sentences with a short name and value; a path may have 4,096 characters.
const longestSentence = 600

const longestQuote = 100

/** Keeps the ends of a text that is too long, and says how long it was. */
export function shorten(text: string, longest = longestQuote): string {
  if (text.length <= longest) return text
  const end = Math.floor(longest / 4)
  const start = longest - end
  return `${text.slice(0, start)}...(${text.length} characters)...${text.slice(-end)}`
}

/**
 * What is wrong with the settings, a sentence each. However much is wrong, the list stays small (100 sentences of 600
 * characters): it goes into the log, into /configz and into an Event.
 */
export class Problems {
  readonly #sentences: string[] = []
  #more = 0

  /** A sentence that is expensive to make is given as a function, which is not called once there are enough. */
  push(...sentences: readonly (string | (() => string))[]): void {
    for (const given of sentences) {
      if (this.#sentences.length === mostSentences) {
        this.#more++
        continue
      }
      const sentence = typeof given === 'string' ? given : given()
      this.#sentences.push(shorten(sentence, longestSentence))
    }
  }

  get length(): number {
    return this.#sentences.length
  }

  get sentences(): readonly string[] {
    if (this.#more === 0) return this.#sentences
    return [...this.#sentences, `config: there are ${this.#more} more problems; mend these first`]
  }
}
