// A minute of VUS users: is it well, and does it answer? (fastgo's k6-quick.js)
import { check, sleep } from 'k6'
import http from 'k6/http'

import { between, number, target } from './target.js'

export const options = {
  vus: number('VUS', 200),
  duration: __ENV.DURATION || '60s',
  thresholds: {
    http_req_duration: [`p(95)<${number('P95_MS', 300)}`],
    http_req_failed: ['rate<0.01'],
    checks: ['rate>0.99'],
  },
}

/** One user's look. */
export default function look() {
  check(http.get(`${target}/health`), { 'it is well': ({ status }) => status === 200 })
  check(http.get(`${target}/`), { 'it answers': ({ status }) => status === 200 })
  sleep(between(0.5, 1))
}
