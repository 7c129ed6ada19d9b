/** The origin on this machine, or `k6 run -e TARGET=http://my-proxy smoke.js`. */
export const target = __ENV.TARGET || __ENV.TARGET_URL || 'http://localhost:8080'

/** The same host at another port, for what a URL's port does not speak. */
export function atPort(port) {
  return target.replace(/^(https?:\/\/(?:\[[^\]]*\]|[^:/]*)).*$/, `$1:${port}`)
}

/** Where gRPC is spoken: `-e GRPC_TARGET=host:port`. */
export const grpcTarget = __ENV.GRPC_TARGET || atPort(50051).replace(/^https?:\/\//, '')

/** A number of the run's environment. */
export function number(name, otherwise) {
  const value = Number(__ENV[name] || otherwise)
  if (Number.isNaN(value)) throw new Error(`${name} is not a number: ${__ENV[name]}`)
  return value
}

/** Users over time, from `-e STAGES=30s:500,1m:2000,30s:0` or as the script has it. */
export function stages(otherwise) {
  return (__ENV.STAGES || otherwise).split(',').map((part) => {
    const [duration, users] = part.split(':')
    if (!/^\d+(?:ms|s|m|h)$/.test(duration) || !/^\d+$/.test(users))
      throw new Error(`STAGES: ${part} is not a time and a number of users, such as 30s:500`)
    return { duration, target: Number(users) }
  })
}

/** So many seconds between two numbers; THINK=0 leaves no time to think. */
export function between(least, most) {
  return (least + Math.random() * (most - least)) * number('THINK', 1)
}

/** A run with a lost request or a wrong answer measures nothing. */
export const flawless = { http_req_failed: ['rate==0'], checks: ['rate==1'] }
