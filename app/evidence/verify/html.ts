import { type Group, groups } from '../checks/check.ts'
import { type Card, type Line, type Result, countsOf, results } from './card.ts'
import { escapeMarkup } from './escape.ts'
import { headroomSentence } from './headroom.ts'
import { pageStyle } from './page-style.ts'
import { cachingSentence, sentenceOf } from './terminal.ts'

/** The card as one page that needs nothing else: to read, to send, to print. */
export function cardHtml(card: Card): string {
  const { url, lines } = card
  const sections = (Object.keys(groups) as Group[]).flatMap((group) => {
    const ofGroup = lines.filter((line) => line.group === group)
    return ofGroup.length === 0 ? [] : [sectionHtml(group, ofGroup)]
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(`hpdummy verify ${url}`)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>What did the proxy do? <span>${escapeMarkup(url)}</span></h1>
<p>${escapeMarkup(factsOf(card))}</p>
${summaryHtml(lines)}
</header>
<main>
${sections.join('\n')}
</main>
<footer>
<p>Each check was asked of the origin itself first. <b>fail</b>: a MUST is broken, or a message is not what it was.
<b>warn</b>: a SHOULD is broken. <b>note</b>: a choice that the rules leave to a proxy. <b>unknown</b>: the evidence is
missing. There is no score: read the lines.</p>
</footer>
</body>
</html>
`
}

function factsOf({ facts, direct, origin, startedAt, seconds, headroom }: Card): string {
  const { names, originVersion, listener, isDirect } = facts
  const way = isDirect
    ? 'No proxy stands between: this is the origin itself.'
    : `It speaks HTTP/${originVersion} to the origin's ${listener} listener. Control run at ${direct}, evidence from ${origin}.`
  const when = `${startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${Math.round(seconds)} s.`
  const room = headroomSentence(headroom) ?? ''
  return [...names.map((name) => `${name}.`), way, cachingSentence(facts), room, when]
    .filter((sentence) => sentence !== '')
    .join(' ')
}

function summaryHtml(lines: readonly Line[]): string {
  const counts = countsOf(lines)
  const tiles = results
    .filter((result) => counts[result] > 0)
    .map((result) => `<li class="${result}"><b>${counts[result]}</b> ${result}</li>`)
  const failed = lines.filter(({ result }) => result === 'fail')
  const links = failed.map(
    ({ id, title }) => `<a href="#${id}" title="${escapeMarkup(title)}">${id}</a>`,
  )
  const list = links.length === 0 ? '' : `\n<p class="failed">Failed: ${links.join(' ')}</p>`
  return `<ul class="tally">${tiles.join('')}</ul>${list}`
}

function sectionHtml(group: Group, lines: readonly Line[]): string {
  const ordered = results.flatMap((result) => lines.filter((line) => line.result === result))
  return `<section>
<h2><span class="letter">${group}</span> ${groups[group]}</h2>
<p class="sentence">${escapeMarkup(sentenceOf(lines))}</p>
${ordered.map(lineHtml).join('\n')}
</section>`
}

// What needs attention is open.
const openResults: ReadonlySet<Result> = new Set(['fail', 'warn', 'unknown', 'note'])

function lineHtml(line: Line): string {
  const { id, title, result, rule } = line
  const where = rule === '-' ? '' : `<span class="rule">${escapeMarkup(rule)}</span>`
  const isOpen = openResults.has(result) ? ' open' : ''
  return `<details class="${result}" id="${id}"${isOpen}>
<summary><span class="result">${result}</span><span class="id">${id}</span><span class="title">${escapeMarkup(title)}</span>${where}</summary>
<dl>${told('sent', line.sent)}${told('seen', line.seen)}${told('why', line.why)}</dl>
</details>`
}

function told(name: string, text: string): string {
  return text === '' ? '' : `<dt>${name}</dt><dd>${escapeMarkup(text)}</dd>`
}
