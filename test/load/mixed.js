// What a proxy carries on a usual day, all at once: pages, events, sockets, calls.
import { number } from './target.js'

export { default as ask } from './soak.js'
export { default as call } from './grpc.js'
export { default as converse } from './ws.js'
export { default as listen } from './sse.js'

const duration = __ENV.DURATION || '1m'
const vus = number('VUS', 20)
// A page may take half a second.
const pageVus = number('RATE', 200)
const constant = (exec) => ({ executor: 'constant-vus', vus, duration, exec, gracefulStop: '30s' })

export const options = {
  discardResponseBodies: false,
  scenarios: {
    pages: {
      executor: 'constant-arrival-rate',
      rate: number('RATE', 200),
      duration,
      preAllocatedVUs: pageVus,
      maxVUs: pageVus,
      exec: 'ask',
    },
    events: constant('listen'),
    sockets: constant('converse'),
    calls: constant('call'),
  },
  thresholds: {
    http_req_failed: ['rate==0'],
    checks: ['rate==1'],
    dropped_iterations: ['count==0'],
  },
}
