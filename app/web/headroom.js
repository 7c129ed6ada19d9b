import { formatNumber, formatPercent } from './format.js'
import { mostOfWorkers, numberIn, textIn } from './stats.js'

/** @typedef {import('./stats.js').Stats} Stats */
/** @typedef {'good' | 'warn' | 'bad' | 'unknown'} Level */

/**
 * @typedef {object} Verdict whether the origin is what holds a load test back
 * @property {Level} level
 * @property {string} answer
 * @property {string} reason
 * @property {number | null} percent
 */

// Below a tenth the next burst fills it; below a quarter the tail of the latencies shows it.
const [nonePercent, littlePercent] = [10, 25]

/**
 * @param {Stats} stats
 * @returns {Verdict}
 */
export function verdictOf(stats) {
  const ratio = numberIn(stats, 'headroom_ratio')
  if (ratio === null) {
    return { level: 'unknown', answer: 'Not known', reason: 'It does not say.', percent: null }
  }
  const percent = Math.max(0, Math.min(100, ratio * 100))
  const level = percent < nonePercent ? 'bad' : percent < littlePercent ? 'warn' : 'good'
  const word = { bad: 'Yes', warn: 'Nearly', good: 'No' }[level]
  const answer = `${word}: ${formatPercent(Math.floor(percent))} headroom`
  const reason = [tightest(stats), textIn(stats, 'headroom_note')].filter(Boolean).join('; ')
  return { level, answer, reason, percent }
}

/**
 * Headroom is what the most used of three leaves: this names it.
 * @param {Stats} stats
 */
function tightest(stats) {
  const loop =
    mostOfWorkers(stats, 'event_loop_own_utilization') ??
    mostOfWorkers(stats, 'event_loop_utilization')
  const quota = numberIn(stats, 'cpu_quota')
  const cpu = cpuShare(stats)
  const throttled = numberIn(stats, 'throttled_percent')
  const uses = [
    {
      percent: (loop?.value ?? -1) * 100,
      say: `event loop of worker ${loop?.worker ?? '?'}, ${formatPercent((loop?.value ?? 0) * 100)} busy`,
    },
    {
      percent: cpu ?? -1,
      say: `CPU, ${formatPercent(cpu ?? 0)} of ${formatNumber(quota ?? 0)} cores in use`,
    },
    {
      percent: throttled ?? -1,
      say: `CPU quota, used up in ${formatPercent(throttled ?? 0)} of its periods`,
    },
  ]
  const most = uses.reduce((a, b) => (b.percent > a.percent ? b : a))
  return most.percent < 0 ? '' : `Tightest: ${most.say}`
}

/**
 * Percent of the CPU it may use.
 * @param {Stats} stats
 * @returns {number | null}
 */
export function cpuShare(stats) {
  const [used, quota] = [numberIn(stats, 'cpu_usage_percent'), numberIn(stats, 'cpu_quota')]
  return used === null || quota === null || quota <= 0 ? null : used / quota
}
