import { byId, element } from './dom.js'
import './shell.js'
import { listIn, parseStats, recordIn, textIn } from './stats.js'

/** @typedef {import('./stats.js').Stats} Stats */

const answer = await fetch('openapi.json')
const document_ = parseStats(await answer.text()) ?? {}

for (const server of listIn(document_, 'servers')) {
  const url = textIn(server, 'url') ?? ''
  addRow('servers', [code(url), textIn(server, 'description') ?? '', code(curlOf(url))])
}

for (const [path, value] of Object.entries(recordIn(document_, 'paths'))) {
  const item = recordIn({ value }, 'value')
  const isAdmins = listIn(item, 'servers').some(
    (one) => textIn(one, 'description') === 'Admin port',
  )
  // What both ports have tells so, and how: the rest of the item is the traffic port's.
  const shared = /^On the admin port: (.*)$/.exec(textIn(item, 'description', 1000) ?? '')?.[1]
  if (shared !== undefined) addRow('routes', ['GET', linkTo(path), shared])
  else if (isAdmins) addRoutes(path, item)
}

/**
 * @param {string} path
 * @param {Stats} item
 */
function addRoutes(path, item) {
  for (const method of ['get', 'put', 'post', 'delete']) {
    if (item[method] === undefined) continue
    const summary = textIn(recordIn(item, method), 'summary', 1000) ?? ''
    addRow('routes', [method.toUpperCase(), method === 'get' ? linkTo(path) : code(path), summary])
  }
}

/** @param {string} path */
function linkTo(path) {
  // A path with a parameter is none yet.
  if (path.includes('{')) return code(path)
  const link = element('a', '', path)
  link.href = `.${path}`
  return link
}

/** @param {string} text */
function code(text) {
  return element('code', '', text)
}

/** @param {string} url */
function curlOf(url) {
  return `curl -i${url.startsWith('https:') ? 'k' : ''} ${url}/`
}

/**
 * @param {string} table
 * @param {readonly (string | Element)[]} cells
 */
function addRow(table, cells) {
  const row = element('tr')
  for (const cell of cells) {
    const place = element('td')
    place.append(cell)
    row.append(place)
  }
  byId(table).querySelector('tbody')?.append(row)
}
