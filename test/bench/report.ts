// Medians, ratios and verdicts, as text for a reader and as figures for a file.
import { type Figures, type Metric, type Row, type Target, valuesOf } from './row.ts'

// Below this something else than the server was the limit, and its throughput says little.
const busyEnough = 0.9

export interface Verdict {
  readonly text: string
  /** Null when a figure is missing. */
  readonly value: number | null
  readonly limit: number
  readonly isMet: boolean
  /** What throughput would be on a core that works all the time, where it did not. */
  readonly remark?: string
}

export interface CaseReport {
  readonly row: Row
  readonly figures: readonly Figures[]
  readonly verdicts: readonly Verdict[]
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper
}

export function judge(row: Row, figures: readonly Figures[]): CaseReport {
  return { row, figures, verdicts: row.targets.map((target) => decide(row, figures, target)) }
}

function decide({ metrics }: Row, figures: readonly Figures[], target: Target): Verdict {
  const { metric, bound, limit, peer } = target
  const value =
    peer === undefined
      ? median(valuesOf(figures[0], metric))
      : ratio(figures[0], findFigures(figures, peer), metric)
  const title = metrics.find(({ key }) => key === metric)?.title ?? metric
  const text = `${title} ${bound} ${limit}${peer === undefined ? '' : ` x ${peer}`}`
  const isMet = bound === 'at least' ? value >= limit : value <= limit
  const verdict = { text, value: Number.isNaN(value) ? null : value, limit, isMet }
  const remark =
    metric === 'throughput' ? remarkOnBusy(figures[0], findFigures(figures, peer)) : undefined
  return remark === undefined ? verdict : { ...verdict, remark }
}

function remarkOnBusy(judged: Figures | undefined, peer: Figures | undefined): string | undefined {
  const shares = [judged, peer].map((line) => median(valuesOf(line, 'busy')))
  if (shares.every((share) => share >= busyEnough)) return undefined
  const byCpu = ratio(peer, judged, 'cpu')
  const busy = shares.map((share) => share.toFixed(2)).join(' and ')
  return `cores busy ${busy} of the time, so something else was a limit: by CPU ${byCpu.toFixed(2)}`
}

function findFigures(figures: readonly Figures[], server: string | undefined): Figures | undefined {
  return figures.find((candidate) => candidate.server === server)
}

function ratio(judged: Figures | undefined, peer: Figures | undefined, metric: string): number {
  return median(valuesOf(judged, metric)) / median(valuesOf(peer, metric))
}

/** One case as text: the figures of each server, how the first compares, and the targets. */
export function renderCase({ row, figures, verdicts }: CaseReport): string {
  return [
    `${row.name}: ${row.what}`,
    ...renderTable(row.metrics, figures),
    ...verdicts.map((verdict) => `  ${renderVerdict(verdict)}`),
    '',
  ].join('\n')
}

function renderTable(metrics: readonly Metric[], figures: readonly Figures[]): string[] {
  const judged = figures[0]
  const head = metrics.flatMap(({ title }) => [title, 'min', 'max', `${judged?.server}/it`])
  const lines = figures.map((line) => [
    line.server,
    ...metrics.flatMap((metric) => renderMetric(metric, line, judged)),
  ])
  return alignColumns([['server', ...head], ...lines])
}

function renderMetric(metric: Metric, line: Figures, judged: Figures | undefined): string[] {
  const values = valuesOf(line, metric.key)
  if (values.length === 0) return ['-', '-', '-', '-']
  const spread = [median(values), Math.min(...values), Math.max(...values)]
  const compared = line === judged ? Number.NaN : ratio(judged, line, metric.key)
  return [
    ...spread.map((value) => value.toFixed(metric.digits)),
    Number.isNaN(compared) ? '-' : compared.toFixed(2),
  ]
}

function alignColumns(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  return lines.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  '),
  )
}

export function renderVerdict({ text, value, limit, isMet, remark }: Verdict): string {
  if (value === null) return `${text}: not measured`
  const outcome = isMet ? 'met' : `missed by ${Math.abs(value - limit).toFixed(2)}`
  return `${text}: ${value.toFixed(2)} ${outcome}${remark === undefined ? '' : ` (${remark})`}`
}

/** The whole run as figures, for `--json`. */
export function toRecord({ row, figures, verdicts }: CaseReport): object {
  return {
    name: row.name,
    what: row.what,
    servers: figures.map((line) => ({
      server: line.server,
      metrics: row.metrics
        .filter(({ key }) => valuesOf(line, key).length > 0)
        .map(({ key, title }) => ({
          metric: title,
          median: median(valuesOf(line, key)),
          values: valuesOf(line, key),
        })),
    })),
    targets: verdicts,
  }
}
