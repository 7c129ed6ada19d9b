import { element, write } from './dom.js'
import { unknown } from './format.js'

/** A number with its unit smaller, and its exact value for who reads the page by a program. */
export class Quantity {
  element = element('data', 'quantity', unknown)
  #number = element('span')
  #unit = element('small')
  #text = ''

  /**
   * @param {number | null} value
   * @param {(value: number) => string} format
   */
  show(value, format) {
    const text = value === null ? unknown : format(value)
    this.element.value = value === null ? '' : String(value)
    if (text === this.#text) return
    this.#text = text
    // One unit goes small; a time of two parts stays as it is.
    const [number = '', unit = '', ...more] = text.split('\u202F')
    write(this.#number, more.length > 0 ? text : number)
    write(this.#unit, more.length > 0 || unit === '' ? '' : `\u202F${unit}`)
    this.element.replaceChildren(this.#number, this.#unit)
    this.element.title = value === null ? 'not known' : ''
  }
}
