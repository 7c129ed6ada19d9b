/** The origin, or the proxy in front of it: `k6 run -e TARGET=http://my-proxy smoke.js`. */
export const target = __ENV.TARGET || 'http://hpdummy.hpdummy.svc'

/** A number of the run's environment. */
export function number(name, otherwise) {
  const value = Number(__ENV[name] || otherwise)
  if (Number.isNaN(value)) throw new Error(`${name} is not a number: ${__ENV[name]}`)
  return value
}

/** A run with a lost request or a wrong answer measures nothing. */
export const flawless = { http_req_failed: ['rate==0'], checks: ['rate==1'] }
