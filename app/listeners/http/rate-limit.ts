import { type Rate, Rates } from '../../budgets/rates.ts'
import { OriginError } from '../../errors.ts'
import type { Slab } from '../../telemetry/slab.ts'

/** What is limited, and how (settings rateLimit.*). */
export interface RateTuning extends Rate {
  /** Each client address has a bucket of its own. */
  readonly perIp: boolean
  /** Requests for every path count, not only those below /api/v1. */
  readonly all: boolean
}

/** Of a request, what the limit asks. */
export interface Limited {
  readonly path: string
  readonly sourceAddress: string
}

const apiPrefix = '/api/v1/'

/** A worker's hand on the limit of requests, which is one for all workers. */
export class RateLimit {
  readonly #rates: Rates
  readonly #tuning: () => RateTuning
  #now: RateTuning
  #refusal: { readonly seconds: number; readonly error: OriginError } | undefined

  constructor(memory: SharedArrayBuffer, tuning: () => RateTuning) {
    this.#rates = new Rates(memory)
    this.#tuning = tuning
    this.#now = tuning()
  }

  /** Settings have changed. */
  retune(): void {
    this.#now = this.#tuning()
    this.#refusal = undefined
  }

  /** Whether every request is to be checked, whatever its path. */
  get isForAll(): boolean {
    return this.#now.all && this.#now.perSecond > 0
  }

  /** Counts a request; throws RATE_LIMIT_EXCEEDED when there are too many. */
  check(request: Limited, slab: Slab): void {
    const { perSecond, perIp, all } = this.#now
    if (perSecond === 0 || (!all && !request.path.startsWith(apiPrefix))) return
    const address = perIp ? withoutPort(request.sourceAddress) : undefined
    const waitSeconds = this.#rates.take(this.#now, address)
    if (waitSeconds === 0) return
    slab.add('rateLimited', 1)
    throw this.#refuse(Math.ceil(waitSeconds))
  }

  // One error for all who are to wait as long: making one costs more than an answer.
  #refuse(seconds: number): OriginError {
    if (this.#refusal?.seconds !== seconds) {
      this.#refusal = { seconds, error: refusal(this.#now, seconds) }
    }
    return this.#refusal.error
  }
}

// The fields are those of draft-ietf-httpapi-ratelimit-headers (10): q requests in w seconds; r are left for t seconds.
function refusal({ perSecond, perIp }: RateTuning, seconds: number): OriginError {
  const policy = perIp ? '"client"' : '"all"'
  const whose = perIp ? 'each client' : 'all clients together'
  return new OriginError(
    'RATE_LIMIT_EXCEEDED',
    `${whose} may send ${perSecond} requests a second (rateLimit.rps); try again after ${seconds} s`,
    [
      ['Retry-After', String(seconds)],
      ['RateLimit-Policy', `${policy};q=${perSecond};w=1`],
      ['RateLimit', `${policy};r=0;t=${seconds}`],
    ],
  )
}

// An address as the echo shows it may have a port, and then one of IPv6 is in brackets.
function withoutPort(address: string): string {
  const match = /^\[(.+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(address)
  return match?.[1] ?? match?.[2] ?? address
}
