import type { Judgement, LoadReport, TimeFigures } from './load-report.ts'

/** The report for a terminal. */
export function textReport(report: LoadReport): string {
  const blocks = [
    summary(report),
    latencies(report),
    counts('Statuses', report.statuses),
    counts('Errors', report.errors),
    originLines(report),
    ledgerLines(report),
    verdictLines(report),
    thresholdLines(report.thresholds),
    report.unknown.length === 0 ? '' : `Could not be had\n${indent(report.unknown)}`,
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** One line about how the load was sent. */
export function scheduleLine({ schedule, rate_asked: asked }: LoadReport): string {
  const over = `HTTP/${schedule.http_version}, ${schedule.workers} ${schedule.workers === 1 ? 'thread' : 'threads'}`
  const streams = schedule.streams === null ? '' : ` of ${schedule.streams} streams`
  return schedule.kind === 'open'
    ? `open schedule: ${asked} requests a second on average, on at most ${schedule.connections} connections${streams}; ${over}`
    : `closed loop: ${schedule.connections} connections${streams}, each sends when its answer is there; ${over}`
}

function summary(report: LoadReport): string {
  const { requests, duration_seconds: seconds, run } = report
  const failed = requests.errors + requests.refused
  const closed =
    report.schedule.kind === 'closed'
      ? [
          [
            '',
            'A slow answer delays the next request, so slow times are undercounted (coordinated',
          ],
          ['', 'omission). With --rate the schedule is kept whatever the answers do.'],
        ]
      : []
  const rows = [
    ['Load', report.url],
    ['', scheduleLine(report)],
    ...closed,
    ...(run === null ? [] : [['Run', run]]),
    ['Duration', `${seconds} s${report.interrupted ? ', interrupted' : ''}`],
    [
      'Requests',
      `${number(requests.sent)} sent, ${number(requests.answered)} answered, ${number(failed)} failed (${share(failed, requests.sent)}): ${number(requests.errors)} errors, ${number(requests.refused)} answers of 400 or more`,
    ],
    ...(requests.unsent > 0 ? [['', `${number(requests.unsent)} were due and never sent`]] : []),
    [
      'Rate',
      `${number(report.rate)} answers/s${report.rate_asked === null ? '' : ` of ${number(report.rate_asked)} asked for`}`,
    ],
    [
      'Read',
      `${megabytes(report.bytes_read)}, ${megabytes(report.bytes_read / (seconds || 1))}/s; ${number(report.connections_opened)} connections opened`,
    ],
    [
      'Client',
      `its busiest thread was at work for ${Math.round(report.client_busy * 100)} % of the time`,
    ],
  ]
  return rows.map(([name = '', text = '']) => `${name.padEnd(9)} ${text}`).join('\n')
}

const columns = ['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const

function latencies({ latency, schedule, run }: LoadReport): string {
  const isOpen = schedule.kind === 'open'
  const rows: readonly (readonly [string, TimeFigures | null])[] = isOpen
    ? [
        ['from the intended start', latency.from_intended_start],
        ['from the actual start', latency.from_actual_start],
        ['client lag', latency.client_lag],
        ['origin (Server-Timing)', latency.origin],
        ['path', latency.path],
      ]
    : [
        ['latency', latency.from_actual_start],
        ['origin (Server-Timing)', latency.origin],
        ['path', latency.path],
      ]
  const known = rows.flatMap(([name, figures]) =>
    figures === null ? [] : [[name, figures] as const],
  )
  if (known.length === 0) return ''
  const head = `${'Latency, ms'.padEnd(24)}${columns.map((name) => name.padStart(10)).join('')}`
  const lines = known.map(
    ([name, figures]) =>
      `${name.padEnd(24)}${valuesOf(figures)
        .map((value) => shown(value).padStart(10))
        .join('')}`,
  )
  return [head, ...lines, ...unsaidOrigin(run, latency)].join('\n')
}

/** A line about the origin's part of the latency where no answer told of it. */
function unsaidOrigin(run: string | null, { origin }: LoadReport['latency']): readonly string[] {
  if (origin !== null) return []
  return [
    run === null
      ? 'origin, path             unknown; --origin=URL of the admin port asks for them'
      : 'origin, path             unknown: no answer had Server-Timing; a proxy took it off, or no hpdummy answered',
  ]
}

function valuesOf(figures: TimeFigures): readonly number[] {
  const { min_ms, mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, p999_ms, max_ms } = figures
  return [min_ms, mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, p999_ms, max_ms]
}

function counts(title: string, all: Readonly<Record<string, number>>): string {
  const entries = Object.entries(all).toSorted(([, one], [, other]) => other - one)
  if (entries.length === 0) return ''
  const total = entries.reduce((sum, [, count]) => sum + count, 0)
  return `${title}\n${indent(entries.map(([name, count]) => `${name.padEnd(40)} ${number(count).padStart(12)}  ${share(count, total)}`))}`
}

function originLines({ origin, requests }: LoadReport): string {
  if (origin === null) return ''
  const known = (value: number | null, unit = ''): string =>
    value === null ? 'unknown' : `${number(value)}${unit}`
  const least = origin.headroom_least
  return `Origin\n${indent([
    `headroom        at least ${least === null ? 'unknown' : `${Math.round(least * 100)} %`}${origin.headroom_note === null ? '' : `, ${origin.headroom_note}`}`,
    `completed       ${known(origin.completed)} (this client: ${number(requests.answered)} answered), ${known(origin.errors)} errors, ${known(origin.rejected)} rejected`,
    `p99 of a second ${known(origin.p99_latency_ms, ' ms')} at most; ${known(origin.queue_depth)} jobs queued at most`,
  ])}`
}

function ledgerLines({ ledger }: LoadReport): string {
  if (ledger === null) return ''
  const { sent, arrived, duplicated, lost, aborted, dropped } = ledger
  return `Ledger\n${indent([
    `${number(sent)} sent, ${number(arrived)} arrived, ${lost === null ? 'lost unknown' : `${number(lost)} lost`}, ${number(duplicated)} duplicated, ${number(aborted)} aborted`,
    ...(dropped > 0 ? [`${number(dropped)} records were dropped for lack of ledger.memory`] : []),
  ])}`
}

const titles = {
  client: 'The client was the bottleneck',
  origin: 'The origin was the bottleneck',
  path: 'The path was the bottleneck (proxy and network)',
  none: 'Nobody was the bottleneck',
  unknown: 'The bottleneck is not known',
} as const

/** The verdict's headline. */
export function verdictTitle({ verdict }: Pick<LoadReport, 'verdict'>): string {
  return titles[verdict.bottleneck]
}

function verdictLines(report: LoadReport): string {
  return `${verdictTitle(report)}\n${indent(report.verdict.why)}`
}

function thresholdLines(judgements: readonly Judgement[]): string {
  if (judgements.length === 0) return ''
  return `Thresholds\n${indent(judgements.map((one) => `${judgementWord(one)}  ${one.text}${one.value === null ? '' : `  (${shown(one.value)})`}`))}`
}

/** What came of a threshold, in one word. */
export function judgementWord({ crossed }: Judgement): string {
  return crossed === null ? 'unknown' : crossed ? 'FAILED ' : 'ok     '
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n')
}

/** A number with commas. */
export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 2 : 0 })
}

function shown(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(4).replace(/\.?0+$/, '') || '0'
}

function share(count: number, total: number): string {
  return `${total === 0 ? 0 : Number(((count / total) * 100).toPrecision(3))} %`
}

function megabytes(bytes: number): string {
  return bytes >= 2 ** 30
    ? `${(bytes / 2 ** 30).toFixed(2)} GiB`
    : `${(bytes / 2 ** 20).toFixed(2)} MiB`
}
