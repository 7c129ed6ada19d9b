import { autoOrCount, duration, flag, integer, webOrigin } from './formats.ts'
import { setting } from './setting.ts'

const mostRequests = 10_000_000

/** Simulated work, the pool of threads that does it, how many requests there may be, and from whose scripts. */
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
  'rateLimit.rps': setting({
    doc: 'Most requests a second for /api/v1, over all workers; further ones are answered 429; 0: no limit',
    format: integer(0, mostRequests),
    value: 100_000,
    reload: 'hot',
  }),
  'rateLimit.burst': setting({
    doc: 'How many of them may come at once after a pause; auto: those of a second',
    format: autoOrCount(1, mostRequests),
    value: 'auto' as const,
    reload: 'hot',
  }),
  'rateLimit.perIp': setting({
    doc: 'rateLimit.* is for each client address, not for all together',
    format: flag,
    value: false,
    reload: 'hot',
  }),
  'rateLimit.all': setting({
    doc: 'rateLimit.* is for every path, for WebSocket handshakes and for gRPC calls',
    format: flag,
    value: false,
    reload: 'hot',
  }),
  'cors.origin': setting({
    doc: 'Whose scripts browsers let read the answers of both HTTP listeners (CORS), for every path; unset: none',
    format: webOrigin,
    value: undefined,
    reload: 'hot',
  }),
} as const
