// Ever more users, up to 10,000: where does it break? (fastgo's k6-stress.js)
import { check, sleep } from 'k6'
import http from 'k6/http'
import { Rate } from 'k6/metrics'

import { between, number, stages, target } from './target.js'

const errors = new Rate('errors')

export const options = {
  stages: stages('1m:1000,2m:2000,2m:3000,2m:5000,2m:7000,2m:10000,1m:0'),
  thresholds: {
    http_req_duration: [`p(99)<${number('P99_MS', 2000)}`],
    errors: ['rate<0.1'],
  },
}

/** One user's request. */
export default function ask() {
  const { status } = http.get(`${target}/`)
  errors.add(!check(status, { 'status is 200': (code) => code === 200 }))
  sleep(between(0.1, 0.3))
}
