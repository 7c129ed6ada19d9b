import { byId, write } from './dom.js'
import { formatTime } from './format.js'
import { onThemeChange, toggleTheme } from './theme.js'

/**
 * @typedef {object} Drawing
 * @property {(now: number) => void} picture the numbers and charts of now; not called while paused
 * @property {() => void} status what must be true even then
 * @property {() => void} repaint the same picture in other colours
 */

/** When the page is drawn: when something came, once a second, and not while paused. */
export class Screen {
  #drawing
  #isDue = false
  #isPaused = false
  #pause = byId('pause')

  /** @param {Drawing} drawing */
  constructor(drawing) {
    this.#drawing = drawing
    onThemeChange(() => drawing.repaint())
    this.#pause.addEventListener('click', () => this.#togglePause())
    byId('theme').addEventListener('click', toggleTheme)
    document.addEventListener('keydown', (event) => this.#key(event))
    // Time goes on in the charts when no event comes, and so do the seconds to the next try.
    setInterval(() => this.request(), 1000)
    this.request()
  }

  /** Draws once, soon, however often it is called; a page that nobody sees is not drawn. */
  request() {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      this.#drawing.status()
      if (!this.#isPaused) this.#drawing.picture(Date.now())
    })
  }

  #togglePause() {
    this.#isPaused = !this.#isPaused
    this.#pause.setAttribute('aria-pressed', String(this.#isPaused))
    write(byId('paused'), this.#isPaused ? `Paused at ${formatTime(Date.now())}` : '')
    this.request()
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return
    // A focused control keeps its keys.
    if (event.target instanceof Element && event.target.closest('input, button, a') !== null) {
      if (event.key === ' ' || event.target instanceof HTMLInputElement) return
    }
    if (event.key === 't') toggleTheme()
    if (event.key === ' ') {
      event.preventDefault()
      this.#togglePause()
    }
  }
}
