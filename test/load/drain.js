// Load for a rolling restart: run it, then `kubectl rollout restart`. Nobody may notice: half of the
// clients keep their connections, half open one for each request, and no request may be lost.
import { check } from 'k6'
import http from 'k6/http'

import { flawless, number, target } from './target.js'

const vus = number('VUS', 20)
const duration = __ENV.DURATION || '3m'
const scenario = (exec) => ({ executor: 'constant-vus', vus, duration, exec })

export const options = {
  scenarios: { kept: scenario('keep'), churning: scenario('churn') },
  thresholds: flawless,
}

/** A request on a connection that stays until the origin says that it leaves. */
export function keep() {
  ask({})
}

/** A request on a connection of its own. */
export function churn() {
  ask({ headers: { Connection: 'close' } })
}

function ask(params) {
  const answer = http.get(`${target}/delay/20`, params)
  check(answer, { 'status is 200': ({ status }) => status === 200 })
}
