import { pageStyle } from './html-style.ts'
import { type ChartShape, escapeHtml, lineChart } from './line-chart.ts'
import type { LoadReport, Percentile, TimeFigures } from './load-report.ts'
import { judgementWord, number, scheduleLine, verdictTitle } from './text-report.ts'

/** The report as one HTML file that asks for nothing else, with the JSON of --json in it. */
export function htmlReport(report: LoadReport): string {
  const title = `Load of ${report.url}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1><p>${escapeHtml(headline(report))}</p></header>
<main>
${verdict(report)}
<section class="cards">${cards(report)}</section>
<section class="charts">${charts(report).map(lineChart).join('\n')}</section>
${latencyTable(report)}
<section class="tables">
${counts('Statuses', report.statuses)}
${counts('Errors', report.errors)}
${ledger(report)}
${origin(report)}
${thresholds(report)}
</section>
</main>
<footer>hpdummy ${escapeHtml(report.version)}, ${escapeHtml(report.started_at)}${report.run === null ? '' : `, run ${escapeHtml(report.run)}`}</footer>
<script type="application/json" id="report">${JSON.stringify(report).replaceAll('<', '\\u003c')}</script>
</body>
</html>
`
}

function headline(report: LoadReport): string {
  const cut = report.interrupted ? ', interrupted' : ''
  return `${scheduleLine(report)}; ${report.duration_seconds} s${cut}`
}

function verdict(report: LoadReport): string {
  const { bottleneck, why } = report.verdict
  const unknown = report.unknown.map((one) => `could not be had: ${one}`)
  const items = [...why, ...unknown].map((one) => `<li>${escapeHtml(one)}</li>`).join('')
  return `<section class="verdict ${bottleneck}"><h2>${verdictTitle(report)}</h2><ul>${items}</ul></section>`
}

function cards(report: LoadReport): string {
  const { requests, latency, rate, rate_asked: asked } = report
  const whole = latency.from_intended_start
  const failed = requests.errors + requests.refused
  const rows: readonly (readonly [string, string, string])[] = [
    [
      'Answers a second',
      number(rate),
      asked === null ? 'closed loop' : `of ${number(asked)} asked for`,
    ],
    ['Answered', number(requests.answered), `of ${number(requests.sent)} sent`],
    [
      'Failed',
      number(failed),
      `${number(requests.errors)} errors, ${number(requests.refused)} of 400 or more`,
    ],
    ['p50', milliseconds(whole?.p50_ms), ''],
    ['p99', milliseconds(whole?.p99_ms), ''],
    ['p99.9', milliseconds(whole?.p999_ms), ''],
    [
      'Client at work',
      `${Math.round(report.client_busy * 100)} %`,
      'of the time, its busiest thread',
    ],
    ...(report.origin?.headroom_least === undefined || report.origin.headroom_least === null
      ? []
      : [
          [
            'Origin headroom',
            `${Math.round(report.origin.headroom_least * 100)} %`,
            'at least',
          ] as const,
        ]),
  ]
  return rows
    .map(
      ([name, value, note]) =>
        `<div class="card"><span>${escapeHtml(name)}</span><b>${escapeHtml(value)}</b><small>${escapeHtml(note)}</small></div>`,
    )
    .join('')
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? 'none' : `${Number(value.toPrecision(4))} ms`
}

function charts(report: LoadReport): readonly ChartShape[] {
  const steps = report.timeline
  const end = steps.at(-1)?.atSeconds ?? 1
  const xTicks = timeTicks(end)
  const over = (
    read: (step: LoadReport['timeline'][number]) => number | null,
  ): readonly (readonly [number, number | null])[] =>
    steps.map((step) => [step.atSeconds, read(step)] as const)
  const found: ChartShape[] = [
    {
      title: 'Requests a second',
      lines: [
        {
          label: 'sent',
          tone: 2,
          isDashed: true,
          points: over(({ sent, seconds }) => sent / seconds),
        },
        { label: 'answered', tone: 1, points: over(({ answered, seconds }) => answered / seconds) },
        { label: 'failed', tone: 4, points: over(({ bad, seconds }) => bad / seconds) },
      ],
      xTicks,
      showY: number,
    },
    {
      title: 'Latency over time',
      note: report.schedule.kind === 'open' ? 'from the intended start' : 'closed loop',
      lines: [
        { label: 'max', tone: 4, isDashed: true, points: over(({ maxMs }) => maxMs) },
        { label: 'p99', tone: 3, points: over(({ p99Ms }) => p99Ms) },
        { label: 'p50', tone: 1, points: over(({ p50Ms }) => p50Ms) },
      ],
      xTicks,
      showY: showMs,
    },
    spectrum(report),
    {
      title: 'Requests under way',
      lines: [
        { label: 'at the end of each second', tone: 1, points: over(({ inFlight }) => inFlight) },
      ],
      xTicks,
      showY: number,
    },
  ]
  if (!steps.some(({ headroom }) => headroom !== null)) return found
  return [
    ...found,
    {
      title: "The origin's headroom",
      lines: [{ label: 'least of its workers', tone: 1, points: over(({ headroom }) => headroom) }],
      xTicks,
      showY: (value) => `${Math.round(value * 100)} %`,
      leastTop: 1,
    },
  ]
}

/** The axis of HDR charts: each step to the right leaves a tenth of the rest. */
function spectrum({ percentiles, schedule }: LoadReport): ChartShape {
  const isOpen = schedule.kind === 'open'
  const actual = {
    label: isOpen ? 'from the actual start' : 'latency',
    tone: 2,
    points: place(percentiles.from_actual_start),
  }
  const intended = {
    label: 'from the intended start',
    tone: 1,
    points: place(percentiles.from_intended_start),
  }
  return {
    title: 'Latency by percentile',
    note: isOpen ? 'where the lines part, requests waited to be sent' : '',
    lines: isOpen ? [intended, actual] : [actual],
    xTicks: [0, 90, 99, 99.9, 99.99, 99.999, 99.9999].map(
      (percent) => [-Math.log10(1 - percent / 100), percent === 0 ? 'min' : `p${percent}`] as const,
    ),
    showY: showMs,
  }
}

function place(all: readonly Percentile[]): readonly (readonly [number, number])[] {
  return all.map(([percent, ms]) => [-Math.log10(1 - percent / 100), ms] as const)
}

function showMs(value: number): string {
  return `${Number(value.toPrecision(3))} ms`
}

function countOf(value: number | null): string {
  return value === null ? 'unknown' : number(value)
}

function timeTicks(end: number): readonly (readonly [number, string])[] {
  const rough = end / 6
  const step = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400].find(
    (one) => one >= rough,
  )
  if (step === undefined) return []
  const count = Math.floor(end / step) + 1
  return Array.from({ length: count }, (_, index) => {
    const seconds = index * step
    return [seconds, step >= 60 ? `${seconds / 60} min` : `${seconds} s`] as const
  })
}

const columns = [
  ['min', 'min_ms'],
  ['mean', 'mean_ms'],
  ['p50', 'p50_ms'],
  ['p75', 'p75_ms'],
  ['p90', 'p90_ms'],
  ['p95', 'p95_ms'],
  ['p99', 'p99_ms'],
  ['p99.9', 'p999_ms'],
  ['max', 'max_ms'],
] as const

function latencyTable({ latency, schedule }: LoadReport): string {
  const isOpen = schedule.kind === 'open'
  const rows: readonly (readonly [string, TimeFigures | null])[] = [
    ...(isOpen ? [['from the intended start', latency.from_intended_start] as const] : []),
    [isOpen ? 'from the actual start' : 'latency', latency.from_actual_start],
    ['client lag', latency.client_lag],
    ['origin (Server-Timing)', latency.origin],
    ['path', latency.path],
  ]
  const lines = rows.flatMap(([name, figures]) =>
    figures === null
      ? []
      : [
          `<tr><th>${escapeHtml(name)}</th>${columns.map(([, key]) => `<td>${Number(figures[key].toPrecision(4))}</td>`).join('')}</tr>`,
        ],
  )
  if (lines.length === 0) return ''
  const head = columns.map(([name]) => `<th>${name}</th>`).join('')
  return `<section class="wide"><h2>Latency, ms</h2><table><tr><th></th>${head}</tr>${lines.join('')}</table></section>`
}

function table(title: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const lines = rows.map(([name = '', ...values]) => {
    const cells = values.map((value) => `<td>${escapeHtml(value)}</td>`).join('')
    return `<tr><th>${escapeHtml(name)}</th>${cells}</tr>`
  })
  return `<section><h2>${escapeHtml(title)}</h2><table>${lines.join('')}</table></section>`
}

function counts(title: string, all: Readonly<Record<string, number>>): string {
  const entries = Object.entries(all).toSorted(([, one], [, other]) => other - one)
  return table(
    title,
    entries.map(([name, count]) => [name, number(count)]),
  )
}

function ledger({ ledger: sums }: LoadReport): string {
  if (sums === null) return ''
  return table(
    'Ledger',
    (['sent', 'arrived', 'lost', 'duplicated', 'aborted', 'dropped'] as const).map((name) => [
      name,
      countOf(sums[name]),
    ]),
  )
}

function origin({ origin: figures }: LoadReport): string {
  if (figures === null) return ''
  return table(
    'Origin',
    Object.entries(figures).map(([name, value]) => [
      name.replaceAll('_', ' '),
      value === null ? 'unknown' : String(value),
    ]),
  )
}

function thresholds({ thresholds: all }: LoadReport): string {
  return table(
    'Thresholds',
    all.map((one) => [
      one.text,
      judgementWord(one).trim(),
      one.value === null ? '' : number(one.value),
    ]),
  )
}
