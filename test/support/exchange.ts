import { emptyBody } from '../../app/endpoints/body.ts'
import type { Exchange, Limits, Origin } from '../../app/endpoints/endpoint.ts'
import { createBlock } from '../../app/traffic/payload.ts'
import { createRandom } from '../../app/traffic/random.ts'

/** No limits at all. */
export const noLimits: Limits = {
  delayMs: Number.POSITIVE_INFINITY,
  payloadBytes: Number.POSITIVE_INFINITY,
  bodyBytes: Number.POSITIVE_INFINITY,
  count: Number.POSITIVE_INFINITY,
  ignoredNames: new Set(),
}

/** An origin that is not there: what endpoints ask of it, and nothing listening. */
export function createFakeOrigin(given: Partial<Origin> = {}): Origin {
  return {
    hostname: 'origin',
    version: '0.0.0',
    identity: { pod: 'pod-a', namespace: null, node: null, zone: null, version: '0.0.0' },
    block: new Uint8Array(createBlock(64 * 1024)),
    random: createRandom(1),
    limits: () => noLimits,
    echoBodyBytes: () => 2 ** 20,
    echoesUnknownPaths: () => true,
    isDraining: () => false,
    isEnding: () => false,
    hasFaults: () => true,
    corsOrigin: () => undefined,
    defaultHp: () => undefined,
    scenarioStep: () => undefined,
    counts: {
      next: () => 0,
      nextWithin: (_, leftMs) => ({ count: 1, leftMs }),
      enter: () => true,
      leave: () => {},
    },
    hasEvidence: () => false,
    wirePort: 8081,
    stats: () => '{}',
    connections: () => ({}),
    healthChecks: {},
    pool: { run: () => Promise.reject(new Error('there is no pool')) },
    workDelayMs: () => 0,
    ledger: {
      find: (id) => ({ id, attempts: [], attempts_cut: 0, dropped: 0 }),
      summarize: () => Promise.reject(new Error('there is no ledger')),
    },
    ...given,
  }
}

/** A plain GET / with whatever a test says about it; its body arrives at once and waits take no time. */
export function createFakeExchange(given: Partial<Exchange> = {}): Exchange {
  const { headers = [], body = emptyBody } = given
  return {
    origin: createFakeOrigin(),
    listener: 'fast',
    method: 'GET',
    path: '/',
    query: '',
    scheme: 'http',
    httpVersion: '1.1',
    sourceAddress: '127.0.0.1',
    destinationAddress: '127.0.0.1:8080',
    requestId: 'order-66',
    headers,
    body,
    header(name) {
      const index = headers.findIndex((text, at) => at % 2 === 0 && text === name)
      return index === -1 ? '' : (headers[index + 1] ?? '')
    },
    async readBody(take) {
      if (body.size > 0) await take(body.bytes)
    },
    holds: () => {},
    wait: () => Promise.resolve(),
    signal: new AbortController().signal,
    ...given,
  }
}
