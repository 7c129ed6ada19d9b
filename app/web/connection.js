import { element, write } from './dom.js'
import { textIn } from './stats.js'

/** @typedef {import('./feed.js').Feed} Feed */

/** A dot and words for how a feed stands; the words alone are read out, not every second of a wait. */
export class Connection {
  #where
  #words = element('span')
  #countdown = element('span')
  #phase = element('span', 'phase')

  /** @param {HTMLElement} where */
  constructor(where) {
    this.#where = where
    this.#words.setAttribute('role', 'status')
    this.#countdown.setAttribute('aria-hidden', 'true')
    const dot = element('i', 'dot')
    dot.setAttribute('aria-hidden', 'true')
    where.append(dot, this.#words, this.#countdown, this.#phase)
  }

  /** @param {Feed} feed */
  draw({ status, latest }) {
    this.#where.dataset['kind'] = status.kind
    write(this.#phase, status.kind === 'connected' && latest !== undefined ? phaseOf(latest) : '')
    this.#phase.classList.toggle('is-draining', latest?.['draining'] === true)
    if (status.kind !== 'lost') {
      write(this.#words, status.kind)
      write(this.#countdown, '')
      return
    }
    const seconds = Math.max(0, Math.ceil((status.retryAt - Date.now()) / 1000))
    write(this.#words, `${status.why}; reconnecting`)
    write(this.#countdown, ` in ${seconds} s`)
  }
}

/** @param {import('./stats.js').Stats} stats */
function phaseOf(stats) {
  const phase = textIn(stats, 'phase')
  if (stats['draining'] === true) return phase === null ? 'draining' : `draining: ${phase}`
  return phase ?? 'serving'
}
