// The three origins of `npm run start:compare` under the same load; /compare3 shows them meanwhile.
// `-e HOST=` says where they are, DIRECT, WIRE and POOLED each URL. (fastgo's k6-compare-servers.js)
import { check } from 'k6'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'

import { number, stages } from './target.js'

const host = __ENV.HOST || 'localhost'

const servers = [
  { name: 'direct', url: __ENV.DIRECT || `http://${host}:8080/`, limitMs: 200 },
  { name: 'wire', url: __ENV.WIRE || `http://${host}:8081/`, limitMs: 200 },
  { name: 'worker_pool', url: __ENV.POOLED || `http://${host}:8082/work`, limitMs: 500 },
]

const measured = servers.map((server) => ({
  ...server,
  latency: new Trend(`${server.name}_latency`, true),
  errors: new Counter(`${server.name}_errors`),
}))

const slack = number('SLACK', 1)

export const options = {
  stages: stages('30s:500,1m:1000,1m:1000,30s:0'),
  thresholds: Object.assign(
    {},
    ...servers.map(({ name, limitMs }) => ({
      [`${name}_latency`]: [`p(95)<${limitMs * slack}`],
      [`${name}_errors`]: ['count<100'],
    })),
    { checks: ['rate>0.9'] },
  ),
}

/** The same question to each. */
export default function ask() {
  for (const { name, url, latency, errors } of measured) {
    const { status, timings } = http.get(url, { tags: { server: name } })
    if (check(status, { 'status is 200': (code) => code === 200 })) latency.add(timings.duration)
    else errors.add(1)
  }
}

/** The 95th percentiles beside each other. */
export function handleSummary({ metrics }) {
  const lines = servers.map(({ name }) => {
    const values = (metrics[`${name}_latency`] || {}).values
    const p95 = values === undefined ? 'no answer' : `${values['p(95)'].toFixed(1)} ms`
    return `${name.padEnd(12)} p95 ${p95}\n`
  })
  return { stdout: `\n${lines.join('')}\n` }
}
