/** A load that is known by a name: flags that others may be written after. */
export interface LoadScenario {
  readonly summary: string
  /** Where a URL without a path is asked. */
  readonly path: string
  readonly flags: readonly string[]
}

const compute = [
  '--method=POST',
  '--header=Content-Type: application/json',
  '--header=User-Agent: LoadTestClient/1.0',
  '--header=X-Request-ID: load-{n}',
  '--body={"number":{n%1000}}',
  '--connections=500',
  '--warm-up=1000',
  '--duration=5m',
  '--progress=5s',
]

/** Every load that has a name. */
export const loadScenarios: Readonly<Record<string, LoadScenario>> = {
  fast: {
    summary: '1,000,000 requests for /api/v1/compute/fast on 500 connections, within 5 minutes',
    path: '/api/v1/compute/fast',
    flags: [...compute, '--requests=1000000'],
  },
  intensive: {
    summary: '100,000 requests for /api/v1/compute/intensive on 500 connections, within 5 minutes',
    path: '/api/v1/compute/intensive',
    flags: [...compute, '--requests=100000'],
  },
}
