import { element, write } from './dom.js'
import { Quantity } from './quantity.js'

/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./stats.js').Stats} Stats */

/** The figures of now, each with its name and a line of detail. */
export class Cards {
  /** @type {readonly { readonly figure: Figure, readonly value: Quantity, readonly detail: HTMLElement, readonly card: HTMLElement }[]} */
  #cards

  /**
   * @param {HTMLElement} list a dl
   * @param {readonly Figure[]} figures
   */
  constructor(list, figures) {
    this.#cards = figures.map((figure) => {
      const value = new Quantity()
      const detail = element('dd', 'detail')
      const number = element('dd')
      number.append(value.element)
      const card = element('div', 'card')
      card.id = `card-${figure.id}`
      card.append(element('dt', '', figure.label), number, detail)
      list.append(card)
      return { figure, value, detail, card }
    })
  }

  /** @param {Stats} stats */
  draw(stats) {
    for (const { figure, value, detail, card } of this.#cards) {
      card.hidden = figure.isShown?.(stats) === false
      value.show(figure.read(stats), figure.format)
      write(detail, figure.detail?.(stats) ?? '')
    }
  }
}
