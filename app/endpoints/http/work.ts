import { objectOf, poolRefusals, requestIdHeader } from '../answers.ts'
import { duration, maybe, oneOf, optional } from '../codecs.ts'
import { type Exchange, endpoint, jsonReply } from '../endpoint.ts'
import type { JobDone } from '../pool.ts'

const schema = objectOf(
  {
    request_id: { type: 'string' },
    processed: { type: 'boolean', const: true },
    timestamp: { type: 'integer', description: 'Seconds since 1970' },
    worker: {
      type: ['integer', 'null'],
      description: 'The thread of the pool that did it; null without the pool',
    },
    queued_ms: { type: 'number', minimum: 0, description: 'Until a thread was free' },
    work_ms: { type: 'number', minimum: 0, description: 'What the work took' },
  },
  'Work',
)

/** What the answer says about the work. */
type Worked = Pick<JobDone, 'queuedMs' | 'workMs'> & { readonly thread: number | null }

export const work = endpoint({
  id: 'work',
  path: '/work/{ms?}',
  summary: 'Simulated work, done by a thread of the compute pool',
  parameters: {
    ms: { in: 'path', codec: maybe(duration()), doc: 'how long it takes (default work.delay)' },
    mode: {
      in: 'query',
      codec: optional(oneOf('pool', 'direct', 'cpu'), 'pool'),
      doc: 'pool: a thread waits; cpu: a thread uses that much CPU time; direct: waits without the pool',
    },
  },
  group: 'work',
  answers: {
    200: {
      description: 'The work is done',
      headers: requestIdHeader,
      content: { 'application/json': schema },
    },
  },
  refusals: poolRefusals,
  reads: 'nothing',
  examples: [
    { path: '/work', status: 200, expectBody: { json: { processed: true } } },
    {
      path: '/work/5',
      method: 'POST',
      body: '{}',
      status: 200,
      expectBody: { json: { processed: true } },
    },
    { path: '/work/2ms?mode=cpu', status: 200, expectBody: { json: { processed: true } } },
    {
      path: '/work/5?mode=direct',
      status: 200,
      expectBody: { json: { processed: true, worker: null, queued_ms: 0 } },
    },
    { path: '/work/1day', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
    { path: '/work/5?mode=lazy', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  async handle(exchange, { ms = exchange.origin.workDelayMs(), mode }) {
    const { requestId, origin, signal } = exchange
    const kind = mode === 'cpu' ? 'burn' : 'wait'
    const { thread, queuedMs, workMs }: Worked =
      mode === 'direct'
        ? await waitDirectly(exchange, ms)
        : await origin.pool.run({ kind, argument: ms }, signal)
    const reply = jsonReply(
      {
        request_id: requestId,
        processed: true,
        timestamp: Math.floor(Date.now() / 1000),
        worker: thread,
        queued_ms: rounded(queuedMs),
        work_ms: rounded(workMs),
      },
      200,
      [['X-Request-ID', requestId]],
    )
    return { ...reply, queuedMs }
  },
})

async function waitDirectly(exchange: Exchange, ms: number): Promise<Worked> {
  const startedAt = performance.now()
  await exchange.wait(ms)
  return { thread: null, queuedMs: 0, workMs: performance.now() - startedAt }
}

function rounded(ms: number): number {
  return Number(ms.toFixed(3))
}
