import { element } from './dom.js'
import { formatMilliseconds, formatTime, unknown } from './format.js'
import { listIn, numberIn, textIn } from './stats.js'

/** @typedef {import('./stats.js').Stats} Stats */

/** The newest exchanges with an id, each with a link to all that is known of it. */
export class ExchangesView {
  #body = element('tbody')
  #none = element('p', 'none')
  /** @type {Stats | undefined} */
  #drawn

  /** @param {HTMLElement} parent */
  constructor(parent) {
    const head = element('tr')
    for (const [label, className] of [
      ['Id'],
      ['Came at', 'wide'],
      ['Request', 'target'],
      ['Status'],
      ['Took'],
      ['End', 'wide'],
      ['Listener', 'wide'],
    ]) {
      const cell = element('th', className, label)
      cell.scope = 'col'
      head.append(cell)
    }
    const top = element('thead')
    top.append(head)
    const table = element('table', 'answers exchanges')
    table.append(top, this.#body)
    const example = element('code', '', "curl -H 'X-HP-Id: a1' localhost:8080/bin/1K")
    this.#none.append('Requests with an X-HP-Id are listed here. Try ', example)
    parent.append(table, this.#none)
  }

  /** @param {Stats} page */
  draw(page) {
    if (page === this.#drawn) return
    this.#drawn = page
    const rows = listIn(page, 'exchanges')
    this.#none.hidden = rows.length > 0
    this.#body.replaceChildren(...rows.map((row) => rowOf(row)))
  }
}

/** @param {Stats} exchange */
function rowOf(exchange) {
  const id = textIn(exchange, 'id', 1000) ?? ''
  const link = element('a', '', id.length > 48 ? `${id.slice(0, 47)}…` : id)
  link.href = `ledger/${encodeURIComponent(id)}`
  const name = element('th')
  name.scope = 'row'
  name.append(link)
  const attempt = numberIn(exchange, 'attempt') ?? 1
  if (attempt > 1) name.append(' ', element('span', 'tag', `attempt ${attempt}`))
  const [arrived, took] = [numberIn(exchange, 'arrived_ms'), numberIn(exchange, 'took_ms')]
  const status = element('td', '', String(numberIn(exchange, 'status') ?? unknown))
  const faults = textIn(exchange, 'faults') ?? ''
  if (faults !== '') status.append(' ', element('span', 'tag', faults))
  const row = element('tr')
  const request = [textIn(exchange, 'method'), textIn(exchange, 'target', 200)].join(' ')
  row.append(
    name,
    element('td', 'wide', arrived === null ? unknown : formatTime(arrived)),
    element('td', 'target', request),
    status,
    element('td', '', took === null ? unknown : formatMilliseconds(took)),
    element('td', 'wide', textIn(exchange, 'end') ?? unknown),
    element('td', 'wide', textIn(exchange, 'listener') ?? unknown),
  )
  return row
}
