import { element, write } from './dom.js'
import { verdictOf } from './headroom.js'

/** @typedef {import('./stats.js').Stats} Stats */

/** The answer in words, and as a bar. */
export class VerdictView {
  #where
  #answer = element('strong', 'answer')
  #reason = element('span', 'reason')
  #bar = element('div', 'bar')
  #rest = element('div')

  /** @param {HTMLElement} where */
  constructor(where) {
    this.#where = where
    this.#bar.setAttribute('aria-hidden', 'true')
    this.#bar.append(this.#rest)
    where.append(this.#answer, this.#bar, this.#reason)
  }

  /** @param {Stats} stats */
  draw(stats) {
    const { level, answer, reason, percent } = verdictOf(stats)
    this.#where.dataset['level'] = level
    write(this.#answer, answer)
    write(this.#reason, reason)
    this.#rest.style.width = `${percent ?? 0}%`
  }
}
