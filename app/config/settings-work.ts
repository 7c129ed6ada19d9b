import { autoOrCount, duration, integer } from './formats.ts'
import { setting } from './setting.ts'

/** Simulated work, and the pool of threads that does it. */
export const workSettings = {
  'pool.workers': setting({
    doc: 'Most threads that do the work of /work and /api/v1/compute; they start when there is work; auto: two for each worker',
    format: autoOrCount(1, 256),
    value: 'auto' as const,
    reload: 'worker',
  }),
  'pool.queue': setting({
    doc: 'Most jobs that wait for a thread of the pool, over all workers; further ones are refused (503)',
    format: integer(0, 100_000),
    value: 10_000,
    reload: 'worker',
  }),
  'work.delay': setting({
    doc: 'How long the work of /work takes',
    format: duration,
    value: 100,
    reload: 'hot',
  }),
  'request.timeout': setting({
    doc: 'Work that a thread of the pool has not done within this is given up and refused (408); 0: never',
    format: duration,
    value: 30_000,
    reload: 'hot',
  }),
} as const
