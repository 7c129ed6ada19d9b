import { OriginError } from '../../errors.ts'
import { type JobKind, largestNumber, square } from '../../traffic/jobs.ts'
import { objectOf, requestIdHeader } from '../answers.ts'
import {
  type CollectedBody,
  type Endpoint,
  type Example,
  type Exchange,
  type Reply,
  jsonReply,
} from '../endpoint.ts'
import type { JobDone } from '../pool.ts'

const schema = objectOf(
  {
    request_id: { type: 'string' },
    job_id: {
      type: 'integer',
      minimum: 0,
      description: 'Its number in the pool; 0 without the pool',
    },
    result: { type: 'integer' },
    latency_us: {
      type: 'integer',
      minimum: 0,
      description: 'Microseconds from the request to its result',
    },
    timestamp: { type: 'integer', description: 'Seconds since 1970' },
  },
  'Computed',
)

/** What the rows below /api/v1/compute share: a number comes in and a result goes out, both as JSON. */
export const computing = {
  methods: ['POST'],
  parameters: {},
  group: 'work',
  answers: {
    200: {
      description: 'The result',
      headers: requestIdHeader,
      content: { 'application/json': schema },
    },
  },
  refusals: ['INVALID_REQUEST', 'RATE_LIMIT_EXCEEDED'],
  body: objectOf({ number: { type: 'integer', minimum: 0, maximum: largestNumber } }, 'Number'),
  reads: 'whole',
} as const satisfies Partial<Endpoint>

/** The answer of a row that computes at once, on the worker's own thread. */
export function squareAtOnce(exchange: Exchange): Reply {
  const startedAt = performance.now()
  const result = square(readNumber(exchange.body))
  return computed(exchange, { id: 0, result }, startedAt)
}

/** The answer of a row whose result a thread of the compute pool computes. */
export async function computeInPool(exchange: Exchange, kind: JobKind): Promise<Reply> {
  const startedAt = performance.now()
  const argument = readNumber(exchange.body)
  const done = await exchange.origin.pool.run({ kind, argument }, exchange.signal)
  return { ...computed(exchange, done, startedAt), queuedMs: done.queuedMs }
}

/** An example of a number and its result. */
export function exampleOf(path: string, number: number, result: number): Example {
  const body = JSON.stringify({ number })
  return { path, method: 'POST', body, status: 200, expectBody: { json: { result } } }
}

/** An example of a body that is refused. */
export function refusedBody(path: string, body: string): Example {
  const expectBody = { json: { code: 'INVALID_REQUEST' } }
  return { path, method: 'POST', body, status: 400, expectBody }
}

function computed(
  { requestId }: Exchange,
  { id, result }: Pick<JobDone, 'id' | 'result'>,
  startedAt: number,
): Reply {
  return jsonReply(
    {
      request_id: requestId,
      job_id: id,
      result,
      latency_us: Math.round((performance.now() - startedAt) * 1000),
      timestamp: Math.floor(Date.now() / 1000),
    },
    200,
    [['X-Request-ID', requestId]],
  )
}

function readNumber({ bytes, size }: CollectedBody): number {
  const given = size === bytes.length ? numberIn(bytes.toString()) : undefined
  const isNumber = typeof given === 'number' && Number.isInteger(given)
  if (isNumber && given >= 0 && given <= largestNumber) return given
  throw new OriginError(
    'INVALID_REQUEST',
    `the body is wrong; use {"number": N} with an integer N from 0 to ${largestNumber}`,
  )
}

function numberIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    const hasNumber = typeof value === 'object' && value !== null && 'number' in value
    return hasNumber ? value.number : undefined
  } catch {
    return undefined
  }
}
