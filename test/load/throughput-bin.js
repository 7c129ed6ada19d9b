// Bytes per second: VUS downloads of SIZE at once, one after the other on connections that stay.
import { check } from 'k6'
import http from 'k6/http'

import { flawless, number, target } from './target.js'

const size = __ENV.SIZE || '10M'

export const options = {
  vus: number('VUS', 16),
  duration: __ENV.DURATION || '1m',
  // Counted as it comes in, never kept.
  discardResponseBodies: true,
  thresholds: {
    ...flawless,
    // Of one runner: under k6-operator each judges its own share. 0 asks for nothing.
    data_received: [`rate>=${number('LEAST_BYTES_PER_SECOND', 0)}`],
  },
}

/** One download. */
export default function download() {
  check(http.get(`${target}/bin/${size}`), { 'status is 200': ({ status }) => status === 200 })
}
