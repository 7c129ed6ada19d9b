// Every figure and every chart once: what it is called, where it is read from and how it is written.
import {
  formatBytesPerSecond,
  formatCount,
  formatDuration,
  formatMebibytes,
  formatMicroseconds,
  formatMilliseconds,
  formatNumber,
  formatPercent,
  unknown,
} from './format.js'
import { cpuShare } from './headroom.js'
import { mostOfWorkers, numberIn, textIn } from './stats.js'

/** @typedef {import('./stats.js').Stats} Stats */
/** @typedef {(stats: Stats) => number | null} Read */
/** @typedef {(value: number) => string} Format */

/**
 * @typedef {object} Figure
 * @property {string} id
 * @property {string} label
 * @property {Read} read
 * @property {Format} format
 * @property {(stats: Stats) => string} [detail] what is said in small letters
 * @property {(stats: Stats) => boolean} [isShown] whether there is anything to tell; a figure without it always has
 */

/**
 * @typedef {object} ChartRow
 * @property {string} id
 * @property {string} title
 * @property {string} [note]
 * @property {Format} format
 * @property {number} [top] end of the scale, unless there is more
 * @property {number} [base] of its units, when that is not 1000
 * @property {boolean} [isLog] for lines of different sizes: a decade is as high as the next
 * @property {readonly { readonly label: string, readonly read: Read, readonly tone?: number }[]} lines the first is the one compared
 */

/**
 * @param {string} name
 * @returns {Read}
 */
const figure = (name) => (stats) => numberIn(stats, name)

/** @type {Read} */
const headroom = (stats) => {
  const ratio = numberIn(stats, 'headroom_ratio')
  return ratio === null ? null : ratio * 100
}

// An origin of an older version does not tell them apart.
/** @type {Read} */
const realErrors = (stats) => numberIn(stats, 'real_error_count') ?? numberIn(stats, 'error_count')

/** @type {Read} */
const gcPause = (stats) => mostOfWorkers(stats, 'gc_pause_ms_per_sec')?.value ?? null

/**
 * @param {Stats} stats
 * @param {string} name
 * @param {Format} format
 */
function say(stats, name, format) {
  const value = numberIn(stats, name)
  return value === null ? unknown : format(value)
}

/** @type {readonly Figure[]} */
export const figures = [
  {
    id: 'requests',
    label: 'Requests per second',
    read: figure('requests_per_sec'),
    format: formatNumber,
    detail: (stats) => `${say(stats, 'success_rate', formatPercent)} succeeded`,
  },
  {
    id: 'latency',
    label: 'Latency p99',
    read: figure('p99_latency_us'),
    format: formatMicroseconds,
    detail: (stats) =>
      `p50 ${say(stats, 'p50_latency_us', formatMicroseconds)}, mean ${say(stats, 'avg_latency_us', formatMicroseconds)}`,
  },
  {
    id: 'active-requests',
    label: 'Active requests',
    read: figure('active_requests'),
    format: formatCount,
    detail: () => 'being answered',
  },
  {
    id: 'active-connections',
    label: 'Active connections',
    read: figure('active_connections'),
    format: formatCount,
    detail: () => 'open, idle ones too',
  },
  {
    id: 'throughput',
    label: 'Throughput out',
    read: figure('bytes_out_per_sec'),
    format: formatBytesPerSecond,
    detail: (stats) => `in ${say(stats, 'bytes_in_per_sec', formatBytesPerSecond)}`,
  },
  {
    id: 'cpu',
    label: 'CPU of quota',
    read: cpuShare,
    format: formatPercent,
    detail: (stats) =>
      `of ${say(stats, 'cpu_quota', formatNumber)} cores, throttled ${say(stats, 'throttled_percent', formatPercent)}`,
  },
  {
    id: 'memory',
    label: 'Memory (RSS)',
    read: figure('memory_rss_mb'),
    format: formatMebibytes,
    detail: (stats) =>
      `heap ${say(stats, 'memory_heap_mb', formatMebibytes)} of ${say(stats, 'memory_heap_limit_mb', formatMebibytes)}`,
  },
  {
    id: 'total',
    label: 'Total requests',
    read: figure('total_requests'),
    format: formatCount,
    detail: (stats) => `${say(stats, 'completed_requests', formatCount)} answered`,
  },
  {
    id: 'errors',
    label: 'Errors',
    read: realErrors,
    format: formatCount,
    detail: (stats) =>
      `injected ${say(stats, 'injected_error_count', formatCount)}, asked for ${say(stats, 'asked_error_count', formatCount)}, rejected ${say(stats, 'rejected_count', formatCount)}`,
  },
  {
    id: 'queue',
    label: 'Jobs waiting',
    read: figure('queue_depth'),
    format: formatCount,
    detail: (stats) =>
      `of ${say(stats, 'job_count', formatCount)} so far, threads of the pool: ${say(stats, 'worker_count', formatCount)}`,
    isShown: (stats) => numberIn(stats, 'job_count') !== 0,
  },
  {
    id: 'loop-delay',
    label: 'Event-loop delay p99',
    read: figure('event_loop_delay_p99_ms'),
    format: formatMilliseconds,
    detail: () => 'of the slowest worker',
  },
  {
    id: 'gc-runs',
    label: 'GC runs',
    read: figure('num_gc'),
    format: formatCount,
    detail: (stats) =>
      `last ${say(stats, 'gc_pause_last_ms', formatMilliseconds)}, all ${say(stats, 'gc_pause_total_ms', formatMilliseconds)}`,
  },
  {
    id: 'uptime',
    label: 'Uptime',
    read: figure('uptime_seconds'),
    format: formatDuration,
    detail: (stats) =>
      `${textIn(stats, 'server_type') ?? ''} ${textIn(stats, 'version') ?? ''}, workers ${say(stats, 'workers', formatCount)}`,
  },
]

/** @type {readonly ChartRow[]} */
export const charts = [
  {
    id: 'requests',
    title: 'Requests per second',
    format: formatNumber,
    lines: [{ label: '', read: figure('requests_per_sec') }],
  },
  {
    id: 'latency',
    title: 'Latency',
    note: 'log scale',
    format: formatMicroseconds,
    isLog: true,
    lines: [
      { label: 'p99', read: figure('p99_latency_us') },
      { label: 'p50', read: figure('p50_latency_us') },
    ],
  },
  {
    id: 'errors',
    title: 'Errors per second',
    format: formatNumber,
    lines: [
      { label: 'real', tone: 4, read: figure('real_errors_per_sec') },
      { label: 'injected', read: figure('injected_errors_per_sec') },
      { label: 'asked for', read: figure('asked_errors_per_sec') },
    ],
  },
  {
    id: 'work',
    title: 'Work',
    format: formatNumber,
    lines: [
      { label: 'waiting', read: figure('queue_depth') },
      { label: 'rejected per s', tone: 4, read: figure('rejected_per_sec') },
    ],
  },
  {
    id: 'active',
    title: 'Active',
    format: formatNumber,
    lines: [
      { label: 'requests', read: figure('active_requests') },
      { label: 'connections', read: figure('active_connections') },
    ],
  },
  {
    id: 'throughput',
    title: 'Throughput',
    format: formatBytesPerSecond,
    lines: [
      { label: 'out', read: figure('bytes_out_per_sec') },
      { label: 'in', read: figure('bytes_in_per_sec') },
    ],
  },
  {
    id: 'cpu',
    title: 'CPU',
    note: 'of quota',
    format: formatPercent,
    top: 100,
    lines: [
      { label: 'used', read: cpuShare },
      { label: 'throttled', read: figure('throttled_percent') },
    ],
  },
  {
    id: 'headroom',
    title: 'Headroom',
    format: formatPercent,
    top: 100,
    lines: [{ label: '', read: headroom }],
  },
  {
    id: 'loop-delay',
    title: 'Event loop',
    note: 'worst worker',
    format: formatMilliseconds,
    lines: [
      { label: 'delay p99', read: figure('event_loop_delay_p99_ms') },
      { label: 'GC per s', read: gcPause },
    ],
  },
  {
    id: 'memory',
    title: 'Memory',
    format: formatMebibytes,
    base: 1024,
    lines: [
      { label: 'RSS', read: figure('memory_rss_mb') },
      { label: 'heap', read: figure('memory_heap_mb') },
    ],
  },
]
