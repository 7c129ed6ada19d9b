import { AnswersView } from './answers.js'
import { Cards } from './cards.js'
import { Chart } from './chart.js'
import { Connection } from './connection.js'
import { byId } from './dom.js'
import { ExchangesView } from './exchanges.js'
import { Feed, endOf } from './feed.js'
import { charts as chartRows, figures } from './figures.js'
import { Screen } from './screen.js'
import { ownBase } from './targets.js'
import { VerdictView } from './verdict.js'
import { WorkerTable } from './workers.js'

const feed = new Feed(ownBase, () => screen.request())
const connection = new Connection(byId('connection'))
const verdict = new VerdictView(byId('verdict'))
const cards = new Cards(byId('cards'), figures)
const answers = new AnswersView(byId('answers'))
const exchanges = new ExchangesView(byId('exchanges'))
const workers = new WorkerTable(byId('workers'))
const charts = chartRows.map((row) => {
  const lines = row.lines.map((line, index) => ({ tone: index + 1, ...line, feed: 0 }))
  return new Chart(byId('charts'), row, lines)
})

/** What is on the screen, which a pause keeps there while the feed goes on. */
let shown = { entries: feed.entries, latest: feed.latest, now: Date.now() }

const screen = new Screen({
  status() {
    connection.draw(feed)
    document.body.classList.toggle('is-stale', feed.status.kind !== 'connected')
  },
  picture(now) {
    shown = { entries: feed.entries, latest: feed.latest, now: endOf([feed], now) }
    for (const chart of charts) chart.draw([shown.entries], shown.now)
    workers.draw(shown.entries, shown)
    answers.draw(feed.answered ?? {})
    exchanges.draw(feed.exchanges ?? {})
    if (shown.latest === undefined) return
    verdict.draw(shown.latest)
    cards.draw(shown.latest)
  },
  repaint() {
    for (const chart of charts) chart.repaint()
    workers.draw(shown.entries, shown)
  },
})
