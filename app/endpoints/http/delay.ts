import { OriginError } from '../../errors.ts'
import { objectOf, requestIdHeader, withOptional } from '../answers.ts'
import { createBodyCollector } from '../body.ts'
import { duration, optional } from '../codecs.ts'
import { type CollectedBody, type Exchange, endpoint } from '../endpoint.ts'
import { echoWith } from './echo-schema.ts'
import { echoReply } from './echo.ts'

// The duration of one slow read, from the first server of this kind, so that timings can be compared.
const readBytes = 64 * 1024

const delaySchema = echoWith(
  withOptional(objectOf({ duration_ms: { type: 'number', minimum: 0 } }), {
    read_delay_ms: { type: 'number' },
    read_chunks: { type: 'integer' },
    total_read_time_ms: { type: 'number' },
  }),
)

export const delay = endpoint({
  id: 'delay',
  path: '/delay/{ms}/{readDelayMs?}',
  summary: 'Waits, then echoes; the second delay slows the reading of the body, 64 KiB at a time',
  parameters: {
    ms: { in: 'path', codec: duration(), doc: 'before the answer' },
    readDelayMs: {
      in: 'path',
      codec: optional(duration(), 0),
      doc: 'before each 64 KiB of body but the first',
    },
  },
  group: 'failure',
  answers: {
    200: {
      description: 'The echo, after the delays',
      headers: requestIdHeader,
      content: { 'application/json': delaySchema },
    },
  },
  refusals: ['INVALID_REQUEST'],
  reads: 'pieces',
  examples: [
    { path: '/delay/20', status: 200, expectBody: { json: { duration_ms: 20 } } },
    {
      path: '/delay/0/10',
      method: 'POST',
      body: 'slowly',
      status: 200,
      expectBody: { json: { duration_ms: 0, read_delay_ms: 10, read_chunks: 1, body_size: 6 } },
    },
    { path: '/delay/0', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
    { path: '/delay/soon', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  async handle(exchange, { ms, readDelayMs }) {
    if (ms === 0 && readDelayMs === 0) {
      throw new OriginError(
        'INVALID_REQUEST',
        'at least one delay must be above 0, as in /delay/1000 or /delay/0/100',
      )
    }
    const read = await readSlowly(exchange, readDelayMs)
    if (ms > 0) await exchange.wait(ms)
    return echoReply(exchange, {
      endpoint: 'delay',
      body: read.body,
      extra: {
        duration_ms: ms,
        ...(readDelayMs > 0 && {
          read_delay_ms: readDelayMs,
          read_chunks: read.chunks,
          total_read_time_ms: read.totalMs,
        }),
      },
    })
  },
})

interface SlowRead {
  readonly body: CollectedBody
  readonly chunks: number
  readonly totalMs: number
}

async function readSlowly(exchange: Exchange, readDelayMs: number): Promise<SlowRead> {
  const collector = createBodyCollector(exchange.origin.echoBodyBytes())
  const startedAt = performance.now()
  let bytes = 0
  let chunks = 0
  let waiting = Promise.resolve()
  await exchange.readBody((piece) => {
    collector.take(piece)
    exchange.holds(collector.keptBytes)
    bytes += piece.length
    const read = Math.ceil(bytes / readBytes)
    const waits = read - Math.max(chunks, 1)
    chunks = read
    if (waits <= 0 || readDelayMs === 0) return undefined
    waiting = waiting.then(() => exchange.wait(waits * readDelayMs))
    return waiting
  })
  return { body: collector.body(), chunks, totalMs: Math.round(performance.now() - startedAt) }
}
