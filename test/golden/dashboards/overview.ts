import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'

import type { DashboardText } from './frame.ts'
import { colours, from, graph, stat, timeline } from './panels.ts'
import { phaseMappings } from './phases.ts'
import {
  asked,
  cpuShare,
  duration,
  orZero,
  rate,
  requests,
  series,
  statuses,
  sum,
  throttledShare,
} from './queries.ts'

const headroom = series('hpdummy_headroom_ratio')

// Below the first the alert HpdummyNoHeadroom fires.
const scarce = 0.1
const little = 0.3

const shares = from(colours.bad, [scarce, colours.fair], [little, colours.good])

const verdicts = [
  [0, scarce, 'YES: nothing was left', colours.bad],
  [scarce, little, 'PERHAPS: little was left', colours.fair],
  [little, 1, 'NO', colours.good],
] as const

const verdictMappings = verdicts.map(([lower, upper, text, color]): ValueMapping => {
  const options = { from: lower, to: upper, result: { text, color } }
  return { type: MappingType.RangeToText, options }
})

const atAGlance = [
  stat({
    title: 'Was the origin the bottleneck?',
    description:
      'The worst moment of the busiest pod in the time shown, averaged over a few scrapes: what was left of its event loops, its CPU quota and its unthrottled time. After a load test, choose the time of the test.',
    unit: 'percentunit',
    width: 12,
    isBackground: true,
    queries: [
      [`min(min_over_time((avg_over_time(${headroom}[$__rate_interval]))[$__range:$__interval]))`],
    ],
    mappings: verdictMappings,
    thresholds: shares,
    noValue: 'no pod was there',
  }),
  stat({
    title: 'Requests',
    description: 'Requests a second, of all chosen pods, every route and status.',
    unit: 'reqps',
    queries: [[sum('', requests())]],
  }),
  stat({
    title: 'p50',
    description:
      'Median from a request’s head to the end of its answer, without routes that wait because a client asked, and without injected faults.',
    unit: 's',
    queries: [[duration(0.5, '', asked.noTime)]],
    noValue: 'only answers that wait',
  }),
  stat({
    title: 'p99',
    description:
      'The slowest in a hundred, without routes that wait because a client asked, and without injected faults.',
    unit: 's',
    queries: [[duration(0.99, '', asked.noTime)]],
    noValue: 'only answers that wait',
  }),
  stat({
    title: 'Errors nobody asked for',
    description:
      'Share of answers of 500 and above, without injected faults and without routes whose status a client chooses. Above 0, the origin itself fails.',
    unit: 'percentunit',
    queries: [
      [
        `${orZero(sum('', requests(statuses.serverFailed, asked.noStatus)))} / ${sum('', requests(asked.notInjected))}`,
      ],
    ],
    thresholds: from(colours.good, [0.0001, colours.bad]),
    noValue: 'only injected answers',
  }),
  stat({
    title: 'Bytes in',
    description: 'Request bodies a second.',
    unit: 'binBps',
    queries: [[sum('', rate('hpdummy_bytes_total', 'direction="in"'))]],
  }),
  stat({
    title: 'Bytes out',
    description: 'Response bodies a second.',
    unit: 'binBps',
    queries: [[sum('', rate('hpdummy_bytes_total', 'direction="out"'))]],
  }),
  stat({
    title: 'Pods ready',
    description: 'Pods that take traffic: neither starting nor draining.',
    unit: 'short',
    queries: [[`sum(${series('hpdummy_drain_phase')} == bool 1)`]],
    thresholds: from(colours.bad, [1, colours.good]),
  }),
  stat({
    title: 'Pods draining',
    description: 'Pods on their way out, while they still accept or only finish.',
    unit: 'short',
    queries: [[`sum(${series('hpdummy_drain_phase')} > bool 1)`]],
    thresholds: from(colours.good, [1, colours.fair]),
  }),
  stat({
    title: 'Different settings',
    description:
      'How many different settings the chosen pods run with. More than one for longer than a mounted ConfigMap takes to arrive (two minutes) is a skew.',
    unit: 'short',
    queries: [[`count(count by (hash) (${series('hpdummy_config_info')}))`]],
    thresholds: from(colours.good, [2, colours.fair]),
  }),
]

const bottleneck = [
  graph({
    title: 'Headroom',
    description:
      '1 - max(event loop busy, CPU used of the quota, periods throttled), of the busiest worker of each pod. In the red, what you measure is this origin.',
    unit: 'percentunit',
    width: 12,
    max: 1,
    queries: [[`min by (pod) (${headroom})`, '{{pod}}']],
    thresholds: shares,
  }),
  graph({
    title: 'What is scarce',
    description:
      'What headroom is made of, each of the pod that has least left. The highest line is what to raise: replicas or workers for the event loop, the CPU limit for quota and periods. Time in which a worker waited for a CPU is no part of headroom: where that is high, the node is busy with something else.',
    unit: 'percentunit',
    width: 12,
    max: 1,
    queries: [
      [`max(${series('hpdummy_event_loop_utilization')})`, 'event loop of the busiest worker'],
      [`max(${series('hpdummy_worker_cpu_wait_ratio')})`, 'wait for a CPU of the node'],
      [`max(${cpuShare})`, 'CPU of the quota'],
      [`max(${throttledShare})`, 'periods throttled'],
    ],
  }),
]

const traffic = [
  graph({
    title: 'Requests by pod',
    description: 'Whether load is spread evenly: a proxy that keeps few connections may not do it.',
    unit: 'reqps',
    isStacked: true,
    queries: [[sum('pod', requests()), '{{pod}}']],
  }),
  graph({
    title: 'Duration',
    description: 'Without routes that wait because a client asked, and without injected faults.',
    unit: 's',
    queries: [
      [duration(0.5, '', asked.noTime), 'p50'],
      [duration(0.99, '', asked.noTime), 'p99'],
      [duration(0.999, '', asked.noTime), 'p99.9'],
    ],
    noValue: 'only answers that wait',
  }),
  graph({
    title: 'Bytes',
    description: 'Bodies of requests (in) and of responses (out).',
    unit: 'binBps',
    queries: [[sum('direction', rate('hpdummy_bytes_total')), '{{direction}}']],
  }),
]

const life = [
  timeline({
    title: 'Phase',
    description:
      'Each pod’s way from starting to stopped. In notice it still accepts and asks clients to go; in finishing its ports are closed.',
    unit: 'short',
    queries: [[`max by (pod) (${series('hpdummy_drain_phase')})`, '{{pod}}']],
    mappings: phaseMappings,
  }),
  graph({
    title: 'Pods by settings',
    description: 'How a change of the ConfigMap spreads: each line is one version of the settings.',
    unit: 'short',
    width: 12,
    isStacked: true,
    queries: [[`count by (hash) (${series('hpdummy_config_info')})`, '{{hash}}']],
  }),
]

/** The first look: how much, how well, and whether the numbers are the proxy's or the origin's. */
export const overview: DashboardText = {
  uid: 'hpdummy',
  title: 'hpdummy / Overview',
  description: 'The origin at a glance, and whether it was the bottleneck of a load test.',
  rows: [
    ['At a glance', atAGlance],
    ['Was the origin the bottleneck?', bottleneck],
    ['Traffic', traffic],
    ['Phase and settings', life],
  ],
}
