import { autoOrCount, duration, flag, integer, webOrigin } from '../formats.ts'
import { setting } from '../setting.ts'

const mostRequests = 10_000_000

/** Simulated work, the pool of threads that does it, the rate limits, and whose scripts may read answers. */
export const workSettings = {
  'pool.workers': setting({
    doc: 'Largest number of threads for /work and /api/v1/compute; they start when there is work; auto: two for each worker',
    format: autoOrCount(1, 256),
    value: 'auto' as const,
    reload: 'worker',
  }),
  'pool.queue': setting({
    doc: 'Largest number of jobs that wait for a thread of the pool, over all workers; further ones are answered 503',
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
    doc: 'Work of the pool that is not done within this time is stopped and answered 408; 0: no limit',
    format: duration,
    value: 30_000,
    reload: 'hot',
  }),
  'rateLimit.rps': setting({
    doc: 'Requests a second that /api/v1 takes, over all workers; further ones are answered 429; 0: no limit',
    format: integer(0, mostRequests),
    value: 100_000,
    reload: 'hot',
  }),
  'rateLimit.burst': setting({
    doc: 'How many requests may come at once after a pause; auto: as many as rateLimit.rps',
    format: autoOrCount(1, mostRequests),
    value: 'auto' as const,
    reload: 'hot',
  }),
  'rateLimit.perIp': setting({
    doc: 'Count rateLimit.* for each client address, not for all together',
    format: flag,
    value: false,
    reload: 'hot',
  }),
  'rateLimit.all': setting({
    doc: 'Apply rateLimit.* to every path, to WebSocket handshakes and to gRPC calls',
    format: flag,
    value: false,
    reload: 'hot',
  }),
  'cors.origin': setting({
    doc: 'CORS: the origin whose scripts may read the answers of both HTTP listeners in a browser, for every path; unset: none',
    format: webOrigin,
    value: undefined,
    reload: 'hot',
  }),
} as const
