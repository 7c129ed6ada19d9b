import { type Answer, valuesIn, valuesOf } from '../client/answer.ts'
import type { LedgerRecord } from '../ledger/record.ts'

/** What a proxy says of one request, and what of it is not so. */
export interface Claims {
  /** Every field that says something, as it was said. */
  readonly said: readonly string[]
  /** Sentences: what the field says, and what the origin saw. */
  readonly wrong: readonly string[]
}

const told = ['Cache-Status', 'X-Cache', 'Age', 'Proxy-Status', 'X-Envoy-Attempt-Count'] as const

/** Compares what an answer and the requests behind it say of themselves with what arrived at the origin. */
export function claimsOf(answer: Answer, arrivals: readonly LedgerRecord[]): Claims {
  const ofAnswer = told.flatMap((name) =>
    valuesIn(answer, name).map((value) => `${name}: ${value}`),
  )
  const ofRequest = arrivals.flatMap((record) => [
    ...valuesOf(record.headers ?? [], 'via').map((value) => `Via: ${value}`),
    ...countsIn(record).map((count) => `X-Envoy-Attempt-Count: ${count}`),
  ])
  const wrong = [
    ...cacheWrong(answer, arrivals.length),
    ...errorWrong(answer, arrivals),
    ...attemptsWrong(answer, arrivals),
    ...viaWrong(arrivals),
  ]
  return { said: [...new Set([...ofAnswer, ...ofRequest])], wrong }
}

// RFC 9211 2.1, 2.2: the last member is the cache nearest to the client.
function cacheWrong(answer: Answer, times: number): readonly string[] {
  const statuses = valuesIn(answer, 'cache-status').flatMap(membersOf)
  const isHit = statuses.some((member) => /;\s*hit\b/.test(member))
  const isForwarded = statuses.some((member) => /;\s*fwd\b/.test(member))
  const old = valuesIn(answer, 'x-cache').join(', ')
  const came = times === 0 ? 'did not get it' : 'got it'
  return [
    isHit && !isForwarded && times > 0 && `Cache-Status says hit, and the origin ${came}`,
    isForwarded && times === 0 && `Cache-Status says fwd, and the origin ${came}`,
    /^hit\b/i.test(old) && times > 0 && `X-Cache says ${old}, and the origin ${came}`,
    /^miss\b/i.test(old) && times === 0 && `X-Cache says ${old}, and the origin ${came}`,
  ].filter((one) => one !== false)
}

// Error types that say the request was never sent (RFC 9209 2.3.1 to 2.3.7).
const unsent =
  /error=(?:dns_|destination_not_found|destination_unavailable|destination_ip_|connection_refused)/

function errorWrong(answer: Answer, arrivals: readonly LedgerRecord[]): readonly string[] {
  const statuses = valuesIn(answer, 'proxy-status').flatMap(membersOf)
  const [, received] = /;\s*received-status=(\d+)/.exec(statuses.join(', ')) ?? []
  const sent = arrivals.map(({ status }) => String(status))
  return [
    statuses.some((member) => unsent.test(member)) &&
      arrivals.length > 0 &&
      `Proxy-Status says ${statuses.join(', ')}, and the origin got the request`,
    received !== undefined &&
      arrivals.length > 0 &&
      !sent.includes(received) &&
      `Proxy-Status says received-status=${received}, and the origin sent ${sent.join(', ')}`,
  ].filter((one) => one !== false)
}

function attemptsWrong(answer: Answer, arrivals: readonly LedgerRecord[]): readonly string[] {
  const [said] = valuesIn(answer, 'x-envoy-attempt-count')
  const counts = arrivals.flatMap(countsIn)
  const inOrder = counts.every((count, at) => count === String(at + 1))
  return [
    said !== undefined &&
      said !== String(arrivals.length) &&
      `X-Envoy-Attempt-Count of the answer says ${said}, and the origin got it ${arrivals.length} times`,
    !inOrder && `X-Envoy-Attempt-Count says ${counts.join(', ')} on arrivals 1 to ${counts.length}`,
  ].filter((one) => one !== false)
}

function countsIn({ retry_hints: hints }: LedgerRecord): readonly string[] {
  const count = hints['x-envoy-attempt-count']
  return count === undefined ? [] : [count]
}

// The first member is the proxy that we spoke to, and we speak HTTP/1.1 (RFC 9110 7.6.3).
function viaWrong(arrivals: readonly LedgerRecord[]): readonly string[] {
  const [first] = arrivals.flatMap(({ headers }) => valuesOf(headers ?? [], 'via'))
  const protocol = first
    ?.trim()
    .split(/\s/)[0]
    ?.replace(/^HTTP\//i, '')
  if (protocol === undefined || protocol === '1.1') return []
  return [`Via says ${protocol}, and the request was HTTP/1.1`]
}

function membersOf(value: string): readonly string[] {
  return value.split(',').map((member) => member.trim())
}
