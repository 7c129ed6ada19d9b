import { checks } from '../../app/evidence/checks/table.ts'
import { countsOf } from '../../app/evidence/verify/card.ts'
import type { Judged } from './judge.ts'
import type { RealProxy } from './real-proxy.ts'

const words = {
  pass: 'ok',
  fail: '**FAIL**',
  warn: '*warn*',
  note: 'note',
  unknown: '?',
  skipped: '-',
} as const

/** The tables of docs/proxies.md: who was judged and how it went, and then each check. */
export function matrix(all: readonly Judged[], proxies: readonly RealProxy[]): string {
  return `${heads(all, proxies)}\n\n${rows(all)}`
}

function heads(all: readonly Judged[], proxies: readonly RealProxy[]): string {
  const lines = all.map((judged) => {
    const proxy = proxies.find(({ name }) => name === judged.proxy)
    const setup = proxy?.setups.find(({ name }) => name === judged.setup)
    const { fail, warn, unknown, note, pass, skipped } = countsOf(judged.checks as never)
    const told = [judged.proxy, judged.version, judged.setup, setup?.about, proxy?.source]
    const counts = [fail, warn, unknown, note, pass, skipped, Math.round(judged.seconds)]
    return `| ${[...told, ...counts].join(' | ')} |`
  })
  return [
    '| proxy | version | setup | which has | from | FAIL | warn | ? | note | ok | - | seconds |',
    `|${'---|'.repeat(12)}`,
    ...lines,
  ].join('\n')
}

function rows(all: readonly Judged[]): string {
  const columns = all.map(({ proxy, setup }) => `${proxy} ${setup}`)
  const results = all.map(({ checks: told }) => new Map(told.map((one) => [one.id, one.result])))
  const lines = checks
    .filter(({ id }) => results.some((of) => of.has(id)))
    .map(({ id, title }) => {
      const cells = results.map((of) => {
        const result = of.get(id)
        return result === undefined ? '' : words[result]
      })
      return `| ${[`${id} ${title}`, ...cells].join(' | ')} |`
    })
  return [
    `| ${['check', ...columns].join(' | ')} |`,
    `|${'---|'.repeat(columns.length + 1)}`,
    ...lines,
  ].join('\n')
}
