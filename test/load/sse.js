// Streams of server-sent events: do all come, in order, and as they are sent? Behind a proxy that holds
// them back the first comes with the last.
import { check } from 'k6'
import http from 'k6/http'
import { Trend } from 'k6/metrics'

import { flawless, number, target } from './target.js'

const events = number('EVENTS', 20)
const intervalMs = number('INTERVAL_MS', 100)
const firstEvent = new Trend('sse_first_event', true)

export const options = {
  vus: number('VUS', 50),
  iterations: number('ITERATIONS', 500),
  thresholds: flawless,
}

/** One stream, from its first event to its last. */
export default function listen() {
  const { body, timings } = http.get(`${target}/sse?count=${events}&interval=${intervalMs}`)
  firstEvent.add(timings.waiting)
  const seen = [...(body || '').matchAll(/"seq":\s*(\d+)/g)].map(([, seq]) => Number(seq))
  check(seen, {
    'all events came': ({ length }) => length === events,
    'in their order': (all) => all.every((seq, index) => index === 0 || seq === all[index - 1] + 1),
  })
  check(timings, {
    'they came as they were sent': ({ receiving }) => receiving >= ((events - 1) * intervalMs) / 2,
  })
}
