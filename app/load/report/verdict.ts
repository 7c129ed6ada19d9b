import type { LoadReport, Verdict } from './load-report.ts'

// From here on a thread is late for what comes next.
const busyLimit = 0.9
// The client's own lateness may be no more than this part of what it measures.
const lagShare = 0.1
const leastLagMs = 1
const leastHeadroom = 0.1
// Of the rate that was asked for.
const keptShare = 0.99

const percent = (share: number): string => `${Math.round(share * 100)} %`
const ms = (value: number): string => `${value} ms`

type Facts = Omit<LoadReport, 'thresholds' | 'verdict'>

/** Says who held the load back: the client itself first, because then nothing else was measured. */
export function verdictOf(report: Facts): Verdict {
  if (report.requests.answered === 0)
    return { bottleneck: 'unknown', why: ['nothing was answered, so nothing was measured'] }
  const client = clientLimits(report)
  if (client.length > 0)
    return {
      bottleneck: 'client',
      why: [
        ...client,
        "these figures are the client's own: more --workers may help on more cores; for more than one machine use k6 with k6-operator (k8s/load)",
      ],
    }
  const origin = originLimits(report)
  if (origin.length > 0) return { bottleneck: 'origin', why: origin }
  const late = lateness(report)
  if (report.schedule.kind === 'open' && late.length === 0)
    return { bottleneck: 'none', why: [keptSentence(report)] }
  return pathVerdict(report, late)
}

function clientLimits({ client_busy: busy, latency }: Facts): readonly string[] {
  const { client_lag: lag, from_intended_start: whole } = latency
  const found: string[] = []
  if (busy > busyLimit)
    found.push(`its busiest thread was at work for ${percent(busy)} of the time`)
  const isLate =
    lag !== null &&
    whole !== null &&
    lag.p99_ms >= leastLagMs &&
    lag.p99_ms >= whole.p99_ms * lagShare
  if (isLate)
    found.push(
      `it sent late by itself: lag p99 ${ms(lag.p99_ms)}, which is ${percent(lag.p99_ms / whole.p99_ms)} of the latency's p99 (at most ${percent(lagShare)} is fine)`,
    )
  return found
}

function originLimits({ origin, latency }: Facts): readonly string[] {
  const headroom = origin?.headroom_least ?? null
  if (headroom !== null && headroom < leastHeadroom)
    return [
      `its headroom went down to ${percent(headroom)}${origin?.headroom_note ? `: ${origin.headroom_note}` : ''}`,
    ]
  const { origin: own, from_actual_start: whole } = latency
  const isOwn = own !== null && whole !== null && own.p50_ms > whole.p50_ms / 2
  if (isOwn && lastedLong(own.p50_ms))
    return [
      `half of the answers spent ${ms(own.p50_ms)} of ${ms(whole.p50_ms)} in the origin itself (Server-Timing)`,
    ]
  return []
}

// Parts of a millisecond are what the work costs; nobody waits for them.
function lastedLong(value: number): boolean {
  return value >= 1
}

function lateness({ requests, rate, rate_asked: asked }: Facts): readonly string[] {
  const found: string[] = []
  if (requests.unsent > 0)
    found.push(
      `${requests.unsent} requests that were due were never sent: all connections were in use`,
    )
  else if (requests.waited > 0)
    found.push(
      `${requests.waited} requests waited for a free connection; --connections sets how many there are`,
    )
  if (asked !== null && rate < asked * keptShare)
    found.push(`${rate} answers a second where ${asked} were asked for`)
  return found
}

function keptSentence({ rate, rate_asked: asked, origin }: Facts): string {
  const left = origin?.headroom_least ?? null
  const room = left === null ? '' : `; the origin had ${percent(left)} of its headroom left`
  return `the schedule was kept: ${asked} requests a second asked for, ${rate} answered${room}`
}

function pathVerdict({ origin, latency, schedule }: Facts, late: readonly string[]): Verdict {
  const headroom = origin?.headroom_least ?? null
  const own = latency.origin
  const loop =
    schedule.kind === 'closed'
      ? ['a closed loop sends as fast as answers come: its rate is connections divided by latency']
      : []
  if (headroom === null && own === null)
    return {
      bottleneck: 'unknown',
      why: [
        ...late,
        ...loop,
        'the client was not it; whether it was the origin or the path, --origin URL of the admin port tells',
      ],
    }
  const room = headroom === null ? [] : [`the origin had ${percent(headroom)} headroom`]
  const share =
    own === null || latency.from_actual_start === null
      ? []
      : [
          `the origin itself took ${ms(own.p50_ms)} of ${ms(latency.from_actual_start.p50_ms)} (p50)`,
        ]
  return { bottleneck: 'path', why: [...late, ...room, ...share, ...loop] }
}
