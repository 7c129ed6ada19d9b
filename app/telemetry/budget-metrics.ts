import { type Row, one, perListener, sum } from './metric-row.ts'
import { countRejections } from './rejections.ts'

/** What /metrics tells of what the process may run out of. */
export const budgetRows: readonly Row[] = [
  {
    name: 'hpdummy_connections_limit',
    type: 'gauge',
    help: 'Connections there may be at once, over all listeners but admin',
    values: ({ connections }) => one(connections.limit),
  },
  {
    name: 'hpdummy_connections_rejected_total',
    type: 'counter',
    help: 'Connections closed as soon as they came; admin: silent ones closed to make room',
    values: ({ slabs, connections }) => [
      ...countRejections(slabs()).map(({ listener, reason, count: value }) => ({
        labels: { listener, reason },
        value,
      })),
      { labels: { listener: 'admin', reason: 'limit' }, value: connections.adminRejected },
    ],
  },
  {
    name: 'hpdummy_buffered_bytes',
    type: 'gauge',
    help: 'Bytes of clients held in memory: bodies, unfinished messages, unread answers',
    values: ({ buffered }) => one(buffered.held),
  },
  {
    name: 'hpdummy_buffered_limit_bytes',
    type: 'gauge',
    help: 'Bytes of clients that may be held in memory (limits.buffered)',
    values: ({ buffered }) => one(buffered.limit),
  },
  {
    name: 'hpdummy_buffered_refused_total',
    type: 'counter',
    help: 'Clients refused or cut because too many bytes of clients were held in memory',
    values: (readings) => perListener(readings, 'heldRefused'),
  },
  {
    name: 'hpdummy_ledger_records',
    type: 'gauge',
    help: 'Requests with an id that the arrival ledger has a record of',
    values: ({ ledger }) => one(ledger().records),
  },
  {
    name: 'hpdummy_ledger_dropped_total',
    type: 'counter',
    help: 'Records of the arrival ledger that made room for newer ones (ledger.memory)',
    values: ({ ledger }) => one(ledger().dropped),
  },
  {
    name: 'hpdummy_pool_queue_depth',
    type: 'gauge',
    help: 'Jobs that wait for a thread of the compute pool',
    values: ({ jobs }) => one(jobs.depth),
  },
  {
    name: 'hpdummy_pool_threads',
    type: 'gauge',
    help: 'Threads of the compute pool; state busy is part of state started',
    values: ({ jobs }) => [
      { labels: { state: 'started' }, value: jobs.threads },
      { labels: { state: 'busy' }, value: jobs.busy },
    ],
  },
  {
    name: 'hpdummy_pool_queue_limit',
    type: 'gauge',
    help: 'Jobs that may wait for a thread of the compute pool (pool.queue)',
    values: ({ jobs }) => one(jobs.mostWaiting),
  },
  {
    name: 'hpdummy_pool_threads_limit',
    type: 'gauge',
    help: 'Threads that the compute pool may have (pool.workers)',
    values: ({ jobs }) => one(jobs.mostThreads),
  },
  {
    name: 'hpdummy_pool_refused_total',
    type: 'counter',
    help: 'Jobs refused because the queue of the compute pool was full (pool.queue)',
    values: (readings) => one(sum(readings, 'workRefused')),
  },
  {
    name: 'hpdummy_rate_limited_total',
    type: 'counter',
    help: 'Requests refused because there were more a second than rateLimit.rps',
    values: (readings) =>
      perListener(readings, 'rateLimited').filter(({ labels }) => labels['listener'] !== 'tcp'),
  },
]
