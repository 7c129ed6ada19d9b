import type { DashboardText } from './frame.ts'
import { colours, from, graph } from './panels.ts'
import { cpuShare, increase, rate, series, sum, throttledShare } from './queries.ts'

const worker = '{{pod}} worker {{worker}}'
const fullAt = (fair: number, bad: number): ReturnType<typeof from> =>
  from(colours.good, [fair, colours.fair], [bad, colours.bad])

const utilisation = [
  graph({
    title: 'Event loop busy',
    description: 'Share of the last second each worker’s event loop had work. At 1 it is full.',
    unit: 'percentunit',
    max: 1,
    queries: [[series('hpdummy_event_loop_utilization'), worker]],
    thresholds: fullAt(0.7, 0.9),
  }),
  graph({
    title: 'CPU of each worker',
    description: 'Of one core. Lower than its event loop is busy: the thread waits for a core.',
    unit: 'percentunit',
    queries: [[rate('hpdummy_worker_cpu_seconds_total'), worker]],
  }),
  graph({
    title: 'CPU of the quota',
    description: 'All threads of a pod, of what its cgroup and affinity let it use.',
    unit: 'percentunit',
    queries: [[cpuShare, '{{pod}}']],
    thresholds: fullAt(0.7, 0.9),
  }),
  graph({
    title: 'Heap of its limit',
    description:
      'Heap in use of where V8 gives up, garbage and all: a saw is normal. A worker near 1 is replaced before it gets there.',
    unit: 'percentunit',
    max: 1,
    queries: [
      [
        `${series('hpdummy_worker_heap_used_bytes')} / (${series('hpdummy_worker_heap_limit_bytes')} > 0)`,
        worker,
      ],
    ],
  }),
  graph({
    title: 'Live heap',
    description: 'After the last full collection: what is really kept. Rising for long is a leak.',
    unit: 'bytes',
    queries: [[series('hpdummy_worker_heap_live_bytes'), worker]],
  }),
  graph({
    title: 'Memory',
    description: 'Resident memory of each pod, and its limit where there is one.',
    unit: 'bytes',
    queries: [
      [series('process_resident_memory_bytes'), '{{pod}}'],
      [`min(${series('hpdummy_memory_limit_bytes')})`, 'least limit'],
    ],
  }),
]

const saturation = [
  graph({
    title: 'Event loop delay',
    description: 'How late timers of the last second were, p99: what a request waits unnoticed.',
    unit: 's',
    queries: [[series('hpdummy_event_loop_delay_seconds'), worker]],
  }),
  graph({
    title: 'Throttled periods',
    description:
      'Share of the CPU quota’s periods in which it was used up and every thread stood still. Nothing without a quota.',
    unit: 'percentunit',
    max: 1,
    queries: [[throttledShare, '{{pod}}']],
    thresholds: fullAt(0.05, 0.25),
    noValue: 'no quota',
  }),
  graph({
    title: 'Throttled time',
    description: 'Seconds a second that threads waited for the next period, of all threads.',
    unit: 's',
    queries: [[rate('hpdummy_cpu_throttled_seconds_total'), '{{pod}}']],
    noValue: 'no quota',
  }),
  graph({
    title: 'Time in garbage collection',
    description: 'Share of its time each worker stood still for it. Above 5 %, give it more heap.',
    unit: 'percentunit',
    queries: [[rate('hpdummy_worker_gc_seconds_total'), worker]],
    thresholds: fullAt(0.05, 0.1),
  }),
  graph({
    title: 'Garbage collections',
    description: 'Minor is the young generation, major the whole heap, other a part of either.',
    unit: 'ops',
    queries: [[sum('pod, kind', rate('hpdummy_worker_gc_runs_total')), '{{pod}} {{kind}}']],
  }),
  graph({
    title: 'Delay of the primary',
    description: 'Of the main thread’s event loop, p99; it answers probes and scrapes only.',
    unit: 's',
    queries: [[series('nodejs_eventloop_lag_p99_seconds'), '{{pod}}']],
  }),
]

const errors = [
  graph({
    title: 'Workers replaced',
    description:
      'While serving: for want of heap, because the memory limit changed, or for settings of class worker.',
    unit: 'short',
    width: 6,
    queries: [
      [sum('pod, reason', increase('hpdummy_worker_recycles_total')), '{{pod}} {{reason}}'],
    ],
  }),
  graph({
    title: 'Cut by leaving workers',
    description:
      'Connections, most of them silent, and requests that a worker cut at the end of its patience when it was replaced or drained. Requests should be none.',
    unit: 'short',
    width: 6,
    queries: [
      [sum('pod', increase('hpdummy_drain_forced_connections_total')), '{{pod}} connections'],
      [sum('pod', increase('hpdummy_drain_forced_requests_total')), '{{pod}} requests'],
    ],
  }),
  graph({
    title: 'Open files',
    description: 'Of what the process may have open; a connection is one.',
    unit: 'percentunit',
    width: 6,
    queries: [[`${series('process_open_fds')} / ${series('process_max_fds')}`, '{{pod}}']],
  }),
  graph({
    title: 'Log lines given up',
    description: 'Lines of the access log a second that nobody read fast enough.',
    unit: 'ops',
    width: 6,
    queries: [[sum('pod', rate('hpdummy_log_lines_dropped_total')), '{{pod}}']],
  }),
]

const budgets = [
  graph({
    title: 'Clients’ bytes in memory',
    description:
      'Bodies, unfinished messages and unread answers that a pod holds, of limits.buffered. At 1 the largest holders are refused.',
    unit: 'percentunit',
    max: 1,
    queries: [
      [
        `${series('hpdummy_buffered_bytes')} / (${series('hpdummy_buffered_limit_bytes')} > 0)`,
        '{{pod}}',
      ],
    ],
    thresholds: fullAt(0.5, 0.9),
  }),
  graph({
    title: 'Clients refused for memory',
    description:
      'Requests, messages and calls a second that were refused or cut for limits.buffered.',
    unit: 'ops',
    queries: [
      [sum('pod, listener', rate('hpdummy_buffered_refused_total')), '{{pod}} {{listener}}'],
    ],
  }),
  graph({
    title: 'Connections refused',
    description:
      'Connections a second that were closed as soon as they came: limits.connections or limits.connectionsPerIp.',
    unit: 'ops',
    queries: [
      [
        sum('pod, listener, reason', rate('hpdummy_connections_rejected_total')),
        '{{pod}} {{listener}} {{reason}}',
      ],
    ],
  }),
]

const work = [
  graph({
    title: 'Jobs waiting',
    description:
      'Jobs of /work and /api/v1/compute that wait for a thread of the compute pool. At pool.queue further ones are refused; at 90 % of it /health is 503.',
    unit: 'short',
    queries: [[series('hpdummy_pool_queue_depth'), '{{pod}}']],
  }),
  graph({
    title: 'Threads of the compute pool',
    description:
      'They start when there is work, up to pool.workers, and end without any. All busy and jobs waiting: the pool is what limits the rate.',
    unit: 'short',
    queries: [
      [series('hpdummy_pool_threads'), '{{pod}} {{state}}'],
      [series('hpdummy_pool_threads_limit'), '{{pod}} limit'],
    ],
  }),
  graph({
    title: 'Requests refused',
    description:
      'A second: with 503 because the queue of the compute pool was full, with 429 because of rateLimit.rps.',
    unit: 'ops',
    queries: [
      [sum('pod', rate('hpdummy_pool_refused_total')), '{{pod}} queue full'],
      [sum('pod, listener', rate('hpdummy_rate_limited_total')), '{{pod}} {{listener}} rate limit'],
    ],
  }),
]

/** Utilisation, saturation and errors of every worker, and of the pod around it. */
export const workers: DashboardText = {
  uid: 'hpdummy-workers',
  title: 'hpdummy / Workers',
  description: 'Utilisation, saturation and errors of every worker, throttling included.',
  rows: [
    ['Utilisation', utilisation],
    ['Saturation', saturation],
    ['Errors', errors],
    ['Budgets', budgets],
    ['Work', work],
  ],
}
