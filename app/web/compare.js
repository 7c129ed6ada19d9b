import { Chart } from './chart.js'
import { ComparisonTable } from './comparison.js'
import { byId, element, write } from './dom.js'
import { Feed, endOf } from './feed.js'
import { charts as chartRows } from './figures.js'
import { Screen } from './screen.js'
import { ownBase, parseTarget, queryOf, targetsIn } from './targets.js'

const count = location.pathname.endsWith('3') ? 3 : 2
const names = ['A', 'B', 'C'].slice(0, count)
const targets = targetsIn(location.search, count)
// Without a link's targets the page is the form alone.
const isForm =
  targets.every(({ text }) => text === '') && !new URLSearchParams(location.search).has('targets')
document.body.classList.toggle('is-form', isForm)

// The same origin twice is one feed: a browser opens six connections to a host and no more.
/** @type {Map<string, Feed>} */
const feeds = new Map()
const feedOf = (/** @type {URL | undefined} */ base) => {
  if (base === undefined) return undefined
  const feed = feeds.get(base.href) ?? new Feed(base, () => screen.request())
  feeds.set(base.href, feed)
  return feed
}

const columns = targets.map(({ base, text, problem }, index) => ({
  name: names[index] ?? '',
  place: base === undefined ? text : base.host + base.pathname.replace(/\/$/, ''),
  problem,
  feed: isForm ? undefined : feedOf(base),
}))

const form = /** @type {HTMLFormElement} */ (byId('targets'))
const fields = targets.map((target, index) => addField(target, names[index] ?? ''))
const table = new ComparisonTable(byId('figures'), columns)
const charts = chartRows.map((row) => {
  const read = row.lines[0]?.read ?? (() => null)
  const title = [row.title, row.lines[0]?.label].filter(Boolean).join(' ')
  const lines = names.map((label, index) => ({
    label,
    tone: index + 1,
    feed: index,
    read,
    // Where lines lie on each other, those below are seen in the gaps.
    dash: [[], [7, 5], [2, 5]][index] ?? [],
  }))
  return new Chart(byId('charts'), { ...row, title, note: '' }, lines)
})

document.querySelector('nav a[href="compare"]')?.setAttribute('aria-current', 'page')
const other = /** @type {HTMLAnchorElement} */ (byId('other'))
other.href = `${count === 3 ? 'compare' : 'compare3'}${location.search}`
write(other, count === 3 ? 'Compare two' : 'Compare three')

const screen = new Screen({
  status: () => table.drawStatus(),
  picture(now) {
    const entries = columns.map(({ feed }) => feed?.entries ?? [])
    const end = endOf([...feeds.values()], now)
    for (const chart of charts) chart.draw(entries, end)
    table.drawFigures()
  },
  repaint() {
    for (const chart of charts) chart.repaint()
  },
})

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const problems = fields.map((field) => field.check())
  if (fields.every(({ input }) => input.value.trim() === ''))
    fields[1]?.refuse('Name another origin, such as http://host:9000')
  else if (problems.every((problem) => problem === '')) {
    location.assign(location.pathname + queryOf(fields.map(({ input }) => input.value)))
  } else fields.find((_, index) => problems[index] !== '')?.input.focus()
})

/**
 * @param {import('./targets.js').Target} target
 * @param {string} name
 */
function addField({ text }, name) {
  const input = element('input')
  input.id = `target-${name}`
  input.type = 'url'
  input.name = 'targets'
  input.value = text
  input.placeholder = `this origin (${ownBase.host})`
  input.autocomplete = 'off'
  input.spellcheck = false
  const message = element('span', 'problem')
  message.id = `problem-${name}`
  message.setAttribute('role', 'alert')
  input.setAttribute('aria-describedby', message.id)
  const label = element('label', `tone-${names.indexOf(name) + 1}`)
  label.htmlFor = input.id
  label.append(element('i', 'swatch'), name)
  const field = element('div', 'field')
  field.append(label, input, message)
  byId('fields').append(field)
  const say = (/** @type {string} */ problem) => {
    write(message, problem)
    input.setAttribute('aria-invalid', String(problem !== ''))
    return problem
  }
  const check = () => say(parseTarget(input.value).problem)
  const refuse = (/** @type {string} */ problem) => {
    say(problem)
    input.focus()
  }
  input.addEventListener('change', check)
  if (text !== '') check()
  return { input, check, refuse }
}
