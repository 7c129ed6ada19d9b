import { type Group, groups } from '../checks/check.ts'
import type { Card, Line } from './card.ts'
import { escapeMarkup } from './escape.ts'

/** The card as JUnit's XML: a suite for each group; unknown is an error, a warning is in the output of its case. */
export function cardJunit({ url, lines, seconds, startedAt }: Card): string {
  const suites = (Object.keys(groups) as Group[]).flatMap((group) => {
    const ofGroup = lines.filter((line) => line.group === group)
    return ofGroup.length === 0 ? [] : [suiteXml(group, ofGroup)]
  })
  const totals = `${counts(lines)} time="${seconds.toFixed(3)}" timestamp="${startedAt.toISOString()}"`
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${escapeMarkup(`hpdummy verify ${url}`)}" ${totals}>
${suites.join('\n')}
</testsuites>
`
}

function suiteXml(group: Group, lines: readonly Line[]): string {
  const name = escapeMarkup(`${group}: ${groups[group]}`)
  return `  <testsuite name="${name}" ${counts(lines)}>\n${lines.map(caseXml).join('\n')}\n  </testsuite>`
}

function caseXml(line: Line): string {
  const { id, title, group, result, why, seen } = line
  const open = `    <testcase classname="hpdummy.verify.${group}" name="${escapeMarkup(`${id} ${title}`)}"`
  const text = escapeMarkup(textOf(line))
  const message = `message="${escapeMarkup(`${seen} ${why}`.trim())}"`
  const parts = {
    pass: '',
    fail: `<failure ${message} type="fail">${text}</failure>`,
    unknown: `<error ${message} type="unknown">${text}</error>`,
    skipped: `<skipped ${message}/>`,
    warn: `<system-out>${text}</system-out>`,
    note: `<system-out>${text}</system-out>`,
  }
  const inner = parts[result]
  return inner === '' ? `${open}/>` : `${open}>\n      ${inner}\n    </testcase>`
}

function textOf({ result, rule, sent, seen, why }: Line): string {
  return `${result}\nrule: ${rule}\nsent: ${sent}\nseen: ${seen}\nwhy: ${why}`
}

function counts(lines: readonly Line[]): string {
  const of = (result: Line['result']): number =>
    lines.filter((line) => line.result === result).length
  return `tests="${lines.length}" failures="${of('fail')}" errors="${of('unknown')}" skipped="${of('skipped')}"`
}
