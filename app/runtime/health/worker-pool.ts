import type { HealthCheck } from './check.ts'

// Above this share of pool.queue, load balancers should send requests elsewhere: requests will soon be refused here.
const fullShare = 0.9

/** Whether the queue of the compute pool has room. */
export const workerPool: HealthCheck = {
  name: 'worker_pool',
  holds: ({ queue }) => queue.depth <= queue.mostWaiting * fullShare,
}
