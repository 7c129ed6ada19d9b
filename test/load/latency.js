// Time to answer at a fixed rate, sent whether or not the last answer has come: a slow origin cannot
// slow down the question (no coordinated omission). Too few VUS for the rate fails the run.
import { check } from 'k6'
import http from 'k6/http'

import { flawless, number, target } from './target.js'

const vus = number('VUS', 50)

export const options = {
  scenarios: {
    latency: {
      executor: 'constant-arrival-rate',
      rate: number('RATE', 1000),
      duration: __ENV.DURATION || '1m',
      preAllocatedVUs: vus,
      maxVUs: vus,
    },
  },
  thresholds: {
    ...flawless,
    http_req_duration: [`p(99)<=${number('P99_MS', 10)}`],
    dropped_iterations: ['count==0'],
  },
  summaryTrendStats: ['min', 'med', 'p(90)', 'p(99)', 'p(99.9)', 'max'],
}

/** One small answer. */
export default function ask() {
  check(http.get(`${target}/bin/1K`), { 'status is 200': ({ status }) => status === 200 })
}
