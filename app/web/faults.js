import { byId, element, write } from './dom.js'
import { curlLine, queryOf } from './fault-lines.js'
import { listFaults } from './fault-list.js'
import './shell.js'
import { listIn, parseStats, recordIn, textIn } from './stats.js'

/** @typedef {import('./stats.js').Stats} Stats */

const text = /** @type {HTMLTextAreaElement} */ (byId('text'))
const where = /** @type {HTMLSelectElement} */ (byId('where'))
const path = /** @type {HTMLInputElement} */ (byId('path'))

const places = [
  { port: 'http', label: 'fast listener', carrier: 'fast', scheme: 'http', flags: '' },
  { port: 'https', label: 'fast listener, TLS', carrier: 'fast', scheme: 'https', flags: '-k ' },
  { port: 'wire', label: 'wire listener, HTTP/1.1', carrier: 'http1', scheme: 'http', flags: '' },
  {
    port: 'wire',
    label: 'wire listener, HTTP/2',
    carrier: 'http2',
    scheme: 'http',
    flags: '--http2-prior-knowledge ',
  },
  {
    port: 'wire',
    label: 'wire listener, WebSocket',
    carrier: 'websocket',
    scheme: 'http',
    // curl shows the answer to the handshake, and then the bytes of the frames.
    flags:
      "-N -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' ",
  },
  { port: 'grpc', label: 'gRPC', carrier: 'grpc', scheme: '', flags: '' },
]

// As the origin allows.
const mostCharacters = 8192

// Not all of them are open.
/** @type {readonly ((typeof places)[number] & { readonly number: number })[]} */
let open = []

/** What the origin said of the text last. */
/** @type {Stats} */
let known = {}
let asked = 0

const page = await ask('api/v1/faults')
const settings = recordIn(await ask('configz'), 'effective')
byId('off').hidden = settings['faults.enabled'] !== false
const ports = recordIn(page, 'ports')
open = places.flatMap((place) => {
  const number = ports[place.port]
  return typeof number === 'number' ? [{ ...place, number }] : []
})
where.append(
  ...open.map(({ label, number }, index) => new Option(`${label} (:${number})`, String(index))),
)
listFaults(byId('faults'), listIn(page, 'faults'), (example) => {
  text.value = [text.value.trim().replace(/;$/, ''), example].filter(Boolean).join('; ')
  void read({ isWritten: true })
})

text.addEventListener('input', () => void read({ isWritten: false }))
for (const field of [where, path]) field.addEventListener('input', () => draw())
for (const button of document.querySelectorAll('[data-copies]')) {
  button.addEventListener('click', () => void copy(button))
}
const linked = new URLSearchParams(location.search).get('text')
if (linked !== null) text.value = linked
await read({ isWritten: false })

/**
 * Has the origin read the text: the page has no reader of its own, so that both always agree.
 * @param {{ readonly isWritten: boolean }} how whether the plain form takes the place of what stands there
 */
async function read({ isWritten }) {
  const turn = ++asked
  const answer = await ask(`api/v1/faults/read?text=${encodeURIComponent(text.value)}`)
  // Somebody has written on meanwhile.
  if (turn !== asked) return
  known = answer
  const plain = textIn(answer, 'text', mostCharacters)
  if (isWritten && plain !== null) text.value = plain
  draw()
}

function draw() {
  const problem = textIn(known, 'problem', 1000)
  write(byId('problem'), problem ?? '')
  text.setAttribute('aria-invalid', String(problem !== null))
  byId('parts').replaceChildren(...listIn(known, 'parts').map((part, at) => partItem(part, at)))
  drawWho()
  const place = open[Number(where.value)]
  if (place === undefined) return
  const plain = textIn(known, 'text', mostCharacters) ?? ''
  const cannot = namesIn(recordIn(known, 'unfit'), place.carrier)
  write(
    byId('cannot'),
    cannot.length === 0
      ? ''
      : `The ${place.label} cannot do ${cannot.join(', ')}: it refuses the request. Pick another one above.`,
  )
  const isForWebSocket = place.carrier === 'websocket' && !path.value.startsWith('/ws')
  const wanted = isForWebSocket ? '/ws/push' : path.value
  const target = { ...place, host: location.hostname, path: wanted, text: plain }
  write(byId('header-line'), curlLine(target))
  write(
    byId('query-line'),
    place.carrier === 'grpc'
      ? 'gRPC has no query.'
      : curlLine({ ...target, text: '', path: queryOf(wanted, partTexts()) }),
  )
}

/** @returns {readonly string[]} */
function partTexts() {
  return listIn(known, 'parts').map((part) => String(part['text']))
}

/**
 * @param {Stats} part
 * @param {number} at
 */
function partItem(part, at) {
  const item = element('li')
  const words = partTexts()
  item.append(element('code', '', words[at]))
  if (part['isAlways'] === true) {
    for (const [suffix, label] of /** @type {const} */ ([
      [':5', '5 in 100'],
      [':first2', 'first 2'],
      [':every10', 'every 10th'],
    ])) {
      const button = element('button', 'small', label)
      button.type = 'button'
      button.title = `adds ${suffix}`
      button.addEventListener('click', () => change(words.with(at, words[at] + suffix)))
      item.append(button)
    }
  }
  const remove = element('button', 'small', '×')
  remove.type = 'button'
  remove.setAttribute('aria-label', `Remove ${words[at]}`)
  remove.addEventListener('click', () => change(words.toSpliced(at, 1)))
  item.append(remove)
  return item
}

/** @param {readonly string[]} parts */
function change(parts) {
  text.value = parts.join('; ')
  void read({ isWritten: true })
}

function drawWho() {
  const unfit = recordIn(known, 'unfit')
  const hasParts = partTexts().length > 0
  byId('who').replaceChildren(
    ...open.map(({ label, carrier }) => {
      const cannot = namesIn(unfit, carrier)
      const badge = element('span', 'badge', label)
      badge.dataset['can'] = String(hasParts && cannot.length === 0)
      badge.dataset['cannot'] = String(cannot.length > 0)
      if (cannot.length > 0) badge.append(element('small', '', ` cannot: ${cannot.join(', ')}`))
      return badge
    }),
  )
}

/**
 * @param {Stats} unfit
 * @param {string} carrier
 */
function namesIn(unfit, carrier) {
  const names = unfit[carrier]
  return Array.isArray(names) ? names.map(String) : []
}

/** @param {Element} button */
async function copy(button) {
  const from = byId(/** @type {HTMLElement} */ (button).dataset['copies'] ?? '')
  try {
    await navigator.clipboard.writeText(from.textContent ?? '')
    write(button, 'Copied')
  } catch {
    // Only a page over TLS or from this machine may: the line is marked instead, for the keyboard to copy.
    getSelection()?.selectAllChildren(from)
    write(button, 'Marked')
  }
  setTimeout(() => write(button, 'Copy'), 1500)
}

/** @param {string} url */
async function ask(url) {
  try {
    const answer = await fetch(url)
    return parseStats(await answer.text()) ?? {}
  } catch {
    return { problem: 'The origin cannot be reached.' }
  }
}
