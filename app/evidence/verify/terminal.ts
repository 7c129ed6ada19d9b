import { type Group, groups } from '../checks/check.ts'
import { type Card, type Facts, type Line, type Result, countsOf, results } from './card.ts'
import { headroomSentence } from './headroom.ts'

/** How a text is to look: colours on a terminal, nothing elsewhere. */
export interface Paint {
  readonly hasColors: boolean
  /** Columns to wrap at. */
  readonly width: number
}

const colors: Readonly<Record<Result, number>> = {
  fail: 31,
  warn: 33,
  unknown: 35,
  note: 36,
  pass: 32,
  skipped: 90,
}

/** The card for a person: what the proxy does, group by group, what is wrong first. */
export function cardText(card: Card, paint: Paint): string {
  const parts = [header(card, paint)]
  for (const group of Object.keys(groups) as Group[]) {
    const lines = card.lines.filter((line) => line.group === group)
    if (lines.length > 0) parts.push(groupText(group, lines, paint))
  }
  parts.push(footer(card, paint))
  return `${parts.join('\n\n')}\n`
}

function header(card: Card, paint: Paint): string {
  const { url, direct, facts, seconds, headroom } = card
  const names = facts.names.length === 0 ? [] : [`${facts.names.join(', ')}.`]
  const way = facts.isDirect
    ? 'No proxy stands between: this is the origin itself.'
    : `It speaks HTTP/${facts.originVersion} to the origin's ${facts.listener} listener. Control run: ${direct}.`
  const room = headroomSentence(headroom) ?? ''
  const told = [...names, way, cachingSentence(facts), room, `${Math.round(seconds)} s.`]
  const text = told.filter((sentence) => sentence !== '').join(' ')
  return [bold(url, paint), ...wrap(text, '', paint)].join('\n')
}

/** What a cache in the way means for the run; nothing where there is none. */
export function cachingSentence({ isCaching }: Pick<Facts, 'isCaching'>): string {
  if (!isCaching) return ''
  return 'It keeps answers that say nothing of caching, so the origin says Cache-Control: no-store in the answers of this run.'
}

function groupText(group: Group, lines: readonly Line[], paint: Paint): string {
  const ordered = results.flatMap((result) => lines.filter((line) => line.result === result))
  const loud = ordered.filter(({ result }) => result !== 'pass' && result !== 'skipped')
  const passed = ordered.filter(({ result }) => result === 'pass')
  const skipped = ordered.filter(({ result }) => result === 'skipped')
  return [
    `${bold(`${group}  ${groups[group]}`, paint)}  ${tally(lines, paint)}`,
    ...wrap(sentenceOf(lines), '   ', paint),
    ...loud.filter((line) => !isShared(line, lines)).flatMap((line) => lineText(line, paint)),
    ...sharedText(
      lines.filter((line) => isShared(line, lines)),
      paint,
    ),
    ...passed.flatMap((line) => shortText(line, paint)),
    ...sharedText(skipped, paint),
  ].join('\n')
}

/** What the proxy does with this part of the protocol, in a plain sentence. */
export function sentenceOf(lines: readonly Line[]): string {
  const judged = lines.filter(({ result }) => result !== 'skipped')
  const wrong = lines.filter(({ result }) => result === 'fail' || result === 'warn')
  const blind = lines.filter(({ result }) => result === 'unknown').length
  const unseen = blind === 0 ? '' : ` ${blind} could not be judged.`
  if (judged.length === 0) return 'Nothing to judge.'
  if (blind === judged.length) return 'Nothing could be judged.'
  const seen = judged.length - blind
  if (wrong.length === 0) {
    return `Nothing is wrong in ${seen} ${seen === 1 ? 'check' : 'checks'}.${unseen}`
  }
  const titles = wrong.map(({ title }) => `“${title}”`).join(', ')
  const hold = wrong.length === 1 ? 'does not hold' : 'do not hold'
  return `${wrong.length} of ${judged.length} ${hold}: ${titles}.${unseen}`
}

function lineText(line: Line, paint: Paint): readonly string[] {
  const { id, title, rule, result, sent, seen, why } = line
  const head = `   ${color(label(result), colors[result], paint)} ${bold(id.padEnd(3), paint)} ${title}  ${dim(rule === '-' ? '' : `(${rule})`, paint)}`
  if (result === 'note') {
    return [head.trimEnd(), ...wrap([seen, why].filter(Boolean).join(' '), indent, paint)]
  }
  return [
    head.trimEnd(),
    ...toldText('sent', sent, paint),
    ...toldText('seen', seen, paint),
    ...toldText('why', why, paint),
  ]
}

function toldText(name: string, text: string, paint: Paint): readonly string[] {
  if (text === '') return []
  const [first = '', ...more] = wrap(text, indent + ' '.repeat(5), paint)
  return [`${indent}${dim(name.padEnd(4), paint)} ${first.trimStart()}`, ...more]
}

function shortText({ id, title, result }: Line, paint: Paint): readonly string[] {
  return [`   ${color(label(result), colors[result], paint)} ${id.padEnd(3)} ${title}`]
}

// What several cannot be judged for is told once.
function isShared({ result, seen, why }: Line, lines: readonly Line[]): boolean {
  if (result !== 'unknown' || seen !== '') return false
  return lines.filter((line) => line.result === 'unknown' && line.why === why).length > 1
}

function sharedText(lines: readonly Line[], paint: Paint): readonly string[] {
  const byWhy = Map.groupBy(lines, ({ why }) => why)
  return [...byWhy].flatMap(([why, [first, ...others]]) => {
    if (first === undefined) return []
    const ids = [first, ...others].map(({ id }) => id).join(' ')
    const [start = '', ...more] = wrap(`${ids}: ${why}`, indent, paint)
    const head = `   ${color(label(first.result), colors[first.result], paint)} ${start.trimStart()}`
    return [head].concat(more)
  })
}

function footer({ lines }: Card, paint: Paint): string {
  const wrong = lines.filter(({ result }) => result === 'fail')
  const ids = wrong.map(({ id }) => id).join(' ')
  const failed = wrong.length === 0 ? '' : `\nFailed: ${ids}`
  return `${tally(lines, paint)}${failed}`
}

function tally(lines: readonly Line[], paint: Paint): string {
  const counts = countsOf(lines)
  return results
    .filter((result) => counts[result] > 0)
    .map((result) => color(`${counts[result]} ${result}`, colors[result], paint))
    .join(dim(', ', paint))
}

const indent = ' '.repeat(8)

function label(result: Result): string {
  const words = {
    fail: 'FAIL',
    warn: 'warn',
    unknown: ' ?? ',
    note: 'note',
    pass: ' ok ',
    skipped: 'skip',
  }
  return words[result]
}

function wrap(text: string, margin: string, { width }: Paint): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (margin.length + longer.length > width && line !== '') {
      lines.push(margin + line)
      line = word
    } else {
      line = longer
    }
  }
  return [...lines, margin + line]
}

function bold(text: string, paint: Paint): string {
  return color(text, 1, paint)
}

function dim(text: string, paint: Paint): string {
  return color(text, 2, paint)
}

function color(text: string, code: number, { hasColors }: Paint): string {
  return hasColors && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text
}
