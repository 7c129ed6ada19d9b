import { budgetRows } from './budget-metrics.ts'
import { faultRows } from './fault-metrics.ts'
import {
  bodySizes,
  callDurationName,
  callDurations,
  durationName,
  durations,
} from './histograms.ts'
import { type Row, byLabel, one, perListener, perWorker, some, sum } from './metric-row.ts'

/** Everything /metrics tells beside Node's own metrics. */
export const rows: readonly Row[] = [
  {
    name: durationName,
    type: 'histogram',
    help: 'Time from a request head to the end of its answer',
    values: ({ slabs, routes, exemplars }) => durations(slabs(), routes, exemplars),
  },
  {
    name: callDurationName,
    type: 'histogram',
    help: 'Time from the head of a gRPC call to its status',
    values: ({ slabs, calls }) => callDurations(slabs(), calls.methods, calls.statusName),
  },
  {
    name: 'http_server_active_requests',
    type: 'gauge',
    help: 'Requests and calls whose answer outlives the turn of the event loop they came in',
    values: (readings) => one(sum(readings, 'exchangesActive')),
  },
  {
    name: 'hpdummy_connections',
    type: 'gauge',
    help: 'Open connections; state websocket is part of state open',
    values: (readings) => [
      ...perListener(readings, 'connectionsOpen', { state: 'open' }),
      ...perListener(readings, 'webSocketsOpen', { state: 'websocket' }).filter(
        ({ labels: { listener } }) => listener === 'fast' || listener === 'wire',
      ),
    ],
  },
  {
    name: 'hpdummy_connections_opened_total',
    type: 'counter',
    help: 'Connections accepted',
    values: (readings) => perListener(readings, 'connectionsOpened'),
  },
  {
    name: 'hpdummy_connections_without_request_total',
    type: 'counter',
    help: 'Connections to the fast listener that ended without a request it could read (HTTP/1.0, TLS, PROXY protocol, bare connects); fewer than there were beside other traffic',
    values: ({ silentConnections }) => one(silentConnections(), { listener: 'fast' }),
  },
  ...budgetRows,
  {
    name: 'hpdummy_websocket_messages_total',
    type: 'counter',
    help: 'WebSocket messages received',
    values: (readings) => one(sum(readings, 'webSocketMessages')),
  },
  {
    name: 'hpdummy_bytes_total',
    type: 'counter',
    help: 'Bytes of bodies, of WebSocket messages, TCP streams and datagrams, counted as they move',
    values: (readings) => [
      { labels: { direction: 'in' }, value: sum(readings, 'bytesIn') },
      { labels: { direction: 'out' }, value: sum(readings, 'bytesOut') },
    ],
  },
  ...faultRows,
  {
    name: 'hpdummy_datagrams_total',
    type: 'counter',
    help: 'UDP datagrams; dropped: not answered, because the queue was full, the sender a service, or the kernel refused',
    values: (readings) => [
      { labels: { direction: 'in' }, value: sum(readings, 'datagramsIn') },
      { labels: { direction: 'out' }, value: sum(readings, 'datagramsOut') },
      { labels: { direction: 'dropped' }, value: sum(readings, 'datagramsDropped') },
    ],
  },
  {
    name: 'hpdummy_workers',
    type: 'gauge',
    help: 'Threads that serve traffic',
    values: ({ workers }) => one(workers().length),
  },
  ...(['request', 'response'] as const).map((what): Row => ({
    name: `http_server_${what}_body_size_bytes`,
    type: 'histogram',
    help: `Sizes of ${what} bodies`,
    values: ({ slabs }) => bodySizes(slabs(), what),
  })),
  {
    name: 'hpdummy_headroom_ratio',
    type: 'gauge',
    help: 'Least over the workers of 1 - max(event loop busy with its own work, CPU used of the quota, throttled); 0: the origin is the bottleneck',
    values: ({ workers }) => {
      const ratios = workers().flatMap(({ headroom }) => headroom ?? [])
      return ratios.length === 0 ? [] : one(Math.min(...ratios))
    },
  },
  {
    name: 'hpdummy_event_loop_utilization',
    type: 'gauge',
    help: 'Share of the last second the event loop was busy',
    values: ({ workers }) =>
      workers().flatMap(({ seat, utilization: value }) =>
        value === undefined ? [] : [{ labels: { worker: seat }, value }],
      ),
  },
  {
    name: 'hpdummy_worker_cpu_wait_ratio',
    type: 'gauge',
    help: 'Share of the last second the thread was ready to run and others had the CPUs; headroom leaves it out',
    values: ({ workers }) =>
      workers().flatMap(({ seat, waited: value }) =>
        value === undefined ? [] : [{ labels: { worker: seat }, value }],
      ),
  },
  {
    name: 'hpdummy_event_loop_delay_seconds',
    type: 'gauge',
    help: '99th percentile of the delay of timers in the last second',
    values: (readings) => perWorker(readings, 'loopDelaySeconds'),
  },
  {
    name: 'hpdummy_worker_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time of the thread',
    values: (readings) => perWorker(readings, 'cpuSeconds'),
  },
  {
    name: 'hpdummy_worker_heap_used_bytes',
    type: 'gauge',
    help: 'Heap in use, garbage and all',
    values: (readings) => perWorker(readings, 'heapNowBytes'),
  },
  {
    name: 'hpdummy_worker_heap_live_bytes',
    type: 'gauge',
    help: 'Heap in use after the last full collection',
    values: (readings) => perWorker(readings, 'heapUsedBytes'),
  },
  {
    name: 'hpdummy_worker_heap_limit_bytes',
    type: 'gauge',
    help: 'Where V8 gives up; the worker is replaced before',
    values: (readings) => perWorker(readings, 'heapLimitBytes'),
  },
  {
    name: 'hpdummy_worker_gc_seconds_total',
    type: 'counter',
    help: 'Time the thread stood still for garbage collection',
    values: (readings) => perWorker(readings, 'gcSeconds'),
  },
  {
    name: 'hpdummy_worker_gc_runs_total',
    type: 'counter',
    help: 'Garbage collections: minor is the young generation, major the whole heap, other a part of either',
    values: (readings) => [
      ...perWorker(readings, 'gcMinor', { kind: 'minor' }),
      ...perWorker(readings, 'gcMajor', { kind: 'major' }),
      ...perWorker(readings, 'gcOther', { kind: 'other' }),
    ],
  },
  {
    name: 'hpdummy_log_lines_dropped_total',
    type: 'counter',
    help: 'Log lines given up: the disk was full, or nobody read them fast enough',
    values: (readings) => one(sum(readings, 'logLinesDropped') + readings.lostLines()),
  },
  {
    name: 'hpdummy_drain_phase',
    type: 'gauge',
    help: '0 starting, 1 ready, 2 notice, 3 finishing, 4 stopped',
    values: ({ phase }) => one(phase()),
  },
  {
    name: 'hpdummy_cpu_quota_cores',
    type: 'gauge',
    help: 'Cores this process may use, by quota and affinity',
    values: ({ cpus }) => one(cpus()),
  },
  {
    name: 'hpdummy_memory_limit_bytes',
    type: 'gauge',
    help: 'Memory this process may use; absent without a limit',
    values: ({ memoryBytes }) => some(memoryBytes()),
  },
  {
    name: 'hpdummy_cpu_periods_total',
    type: 'counter',
    help: 'Periods of the CPU quota in which something ran',
    values: ({ throttling }) => some(throttling()?.periods),
  },
  {
    name: 'hpdummy_cpu_throttled_periods_total',
    type: 'counter',
    help: 'Periods of the CPU quota in which it was used up',
    values: ({ throttling }) => some(throttling()?.throttledPeriods),
  },
  {
    name: 'hpdummy_cpu_throttled_seconds_total',
    type: 'counter',
    help: 'Time threads waited for the next period of the CPU quota',
    values: ({ throttling }) => some(throttling()?.throttledSeconds),
  },
  {
    name: 'hpdummy_worker_recycles_total',
    type: 'counter',
    help: 'Workers replaced while serving',
    values: ({ recycles }) => byLabel('reason', recycles()),
  },
  {
    name: 'hpdummy_worker_stalls_total',
    type: 'counter',
    help: 'Times a worker gave no sign of life for stall.after',
    values: ({ stalls }) => one(stalls().count),
  },
  {
    name: 'hpdummy_workers_stalled',
    type: 'gauge',
    help: 'Workers that give no sign of life now; clients connected to them wait',
    values: ({ stalls }) => one(stalls().now),
  },
  {
    name: 'hpdummy_drain_forced_connections_total',
    type: 'counter',
    help: 'Connections cut because a leaving worker had no more patience; most were silent',
    values: ({ cut }) => one(cut().connections),
  },
  {
    name: 'hpdummy_drain_forced_requests_total',
    type: 'counter',
    help: 'Requests cut with them',
    values: ({ cut }) => one(cut().exchanges),
  },
  {
    name: 'hpdummy_tls_certificate_not_after_timestamp_seconds',
    type: 'gauge',
    help: 'When the certificate served for the name ends',
    values: ({ certificates }) =>
      certificates().map(({ name, notAfter }) => ({
        labels: { name },
        value: notAfter.getTime() / 1000,
      })),
  },
  {
    name: 'hpdummy_config_last_reload_successful',
    type: 'gauge',
    help: '1 when the settings as last seen are the ones applied',
    values: ({ reloads }) => one(Number(reloads().isSuccessful)),
  },
  {
    name: 'hpdummy_config_last_reload_success_timestamp_seconds',
    type: 'gauge',
    help: 'When settings were last applied or found unchanged',
    values: ({ reloads }) => one(reloads().successAt),
  },
  {
    name: 'hpdummy_config_reloads_total',
    type: 'counter',
    help: 'Looks at the settings, by what became of them',
    values: ({ reloads }) => byLabel('result', reloads().results),
  },
  {
    name: 'hpdummy_config_restart_required',
    type: 'gauge',
    help: '1 while a changed setting waits for a new process',
    values: ({ reloads }) => one(Number(reloads().isRestartRequired)),
  },
  {
    name: 'hpdummy_config_watch_connected',
    type: 'gauge',
    help: '1 while the API server has a watch of ours open; absent when it is not asked',
    values: ({ configWatch }) => some(configWatch()?.isConnected),
  },
  {
    name: 'hpdummy_config_watch_reconnects_total',
    type: 'counter',
    help: 'Watches of the ConfigMap that ended and were begun again',
    values: ({ configWatch }) => some(configWatch()?.reconnects),
  },
  {
    name: 'hpdummy_config_watch_last_heard_timestamp_seconds',
    type: 'gauge',
    help: 'When the API server last told anything of the ConfigMap',
    values: ({ configWatch }) => some(configWatch()?.lastHeardAt),
  },
  {
    name: 'hpdummy_config_info',
    type: 'gauge',
    help: 'Always 1; hash of the settings in effect and version of the program',
    values: ({ reloads }) => one(1, { hash: reloads().hash, version: reloads().version }),
  },
]
