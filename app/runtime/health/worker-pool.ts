import type { HealthCheck } from './check.ts'

// Past this share of pool.queue, balancers had better send requests elsewhere: soon they are refused here.
const fullShare = 0.9

/** Whether the queue of the compute pool has room. */
export const workerPool: HealthCheck = {
  name: 'worker_pool',
  holds: ({ queue }) => queue.depth <= queue.mostWaiting * fullShare,
}
