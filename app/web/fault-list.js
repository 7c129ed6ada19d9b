import { element } from './dom.js'
import { textIn } from './stats.js'

/** @typedef {import('./stats.js').Stats} Stats */

const kinds = [
  { kind: 'behaviour', title: 'How the answer behaves' },
  { kind: 'byte-level', title: 'What breaks on the wire' },
]

const carriers = /** @type {const} */ ({
  fast: 'fast',
  http1: 'HTTP/1.1',
  http2: 'HTTP/2',
  websocket: 'WebSocket',
  grpc: 'gRPC',
  tcp: 'TCP',
})

/**
 * Every fault with its examples as buttons.
 * @param {HTMLElement} parent
 * @param {readonly Stats[]} faults
 * @param {(example: string) => void} pick
 */
export function listFaults(parent, faults, pick) {
  for (const { kind, title } of kinds) {
    const list = element('div', 'card')
    const rows = faults.filter((fault) => fault['kind'] === kind)
    list.append(...rows.map((fault) => faultRow(fault, pick)))
    parent.append(element('h3', '', title), list)
  }
}

/**
 * @param {Stats} fault
 * @param {(example: string) => void} pick
 */
function faultRow(fault, pick) {
  const row = element('article')
  const name = element('h4', '', textIn(fault, 'name') ?? '')
  const who = Object.entries(carriers).filter(([one]) => strings(fault, 'carriers').includes(one))
  // Said where not everybody can.
  if (who.length < Object.keys(carriers).length) {
    name.append(' ', element('small', '', who.map(([, label]) => label).join(', ')))
  }
  const buttons = element('div', 'examples')
  for (const example of strings(fault, 'examples')) {
    const button = element('button', 'small', example)
    button.type = 'button'
    button.addEventListener('click', () => pick(example))
    buttons.append(button)
  }
  row.append(
    name,
    element('p', '', textIn(fault, 'effect', 1000) ?? ''),
    element('p', 'muted', textIn(fault, 'proxy', 1000) ?? ''),
    buttons,
  )
  return row
}

/**
 * @param {Stats} fault
 * @param {string} name
 * @returns {readonly string[]}
 */
function strings(fault, name) {
  const value = fault[name]
  return Array.isArray(value) ? value.map(String) : []
}
