import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Scrape } from './scrape.ts'

const text = `# HELP connections Connections by listener and state
# TYPE connections gauge
connections{listener="fast",state="open"} 3
connections{listener="wire",state="open"} 4
connections{listener="wire",state="half open"} 1
connections_opened_total 12
up 1
`

test('a value is the sum of the series that have the labels', () => {
  const scrape = new Scrape(text)
  assert.equal(scrape.value('up'), 1)
  assert.equal(scrape.value('connections'), 8)
  assert.equal(scrape.value('connections', { state: 'open' }), 7)
  assert.equal(scrape.value('connections', { listener: 'wire', state: 'half open' }), 1)
})

test('a series that is not there has no value', () => {
  const scrape = new Scrape(text)
  assert.equal(scrape.value('down'), undefined)
  assert.equal(scrape.value('connections', { state: 'closed' }), undefined)
  assert.equal(scrape.value('up', { state: 'open' }), undefined)
})

test('a page that is not in the text format is refused', () => {
  for (const page of ['connections{state=open} 1\n', '<html></html>\n', 'up 1']) {
    assert.throws(() => new Scrape(page).value('up'), page)
  }
})
