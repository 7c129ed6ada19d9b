// Hours of everybody's work at a moderate rate: small and large answers, slow ones, uploads, refusals.
// Watch the origin's memory meanwhile; it should be flat.
import { check } from 'k6'
import http from 'k6/http'

import { flawless, number, target } from './target.js'

const vus = number('VUS', 50)
const upload = 'x'.repeat(64 * 1024)
const refused = { responseCallback: http.expectedStatuses(400) }

const kinds = [
  { share: 60, ask: () => http.get(`${target}/bin/1K`), status: 200 },
  { share: 20, ask: () => http.post(`${target}/`, 'a small body'), status: 200 },
  { share: 8, ask: () => http.get(`${target}/bin/1M`), status: 200 },
  { share: 5, ask: () => http.post(`${target}/upload`, upload), status: 200 },
  { share: 5, ask: () => http.get(`${target}/drip?bytes=10K&duration=500ms`), status: 200 },
  { share: 2, ask: () => http.get(`${target}/bin/wrong`, refused), status: 400 },
]

export const options = {
  scenarios: {
    soak: {
      executor: 'constant-arrival-rate',
      rate: number('RATE', 200),
      duration: __ENV.DURATION || '4h',
      preAllocatedVUs: vus,
      maxVUs: vus,
    },
  },
  discardResponseBodies: true,
  thresholds: { ...flawless, dropped_iterations: ['count==0'] },
}

/** One request of a kind, as often as its share of a hundred says. */
export default function work() {
  let point = Math.random() * 100
  const kind = kinds.find(({ share }) => (point -= share) < 0) || kinds[0]
  check(kind.ask(), { 'status is the one expected': ({ status }) => status === kind.status })
}
