import { objectOf, withOptional } from '../answers.ts'
import { flag, optional } from '../codecs.ts'
import { endpoint, jsonReply } from '../endpoint.ts'

const healthSchema = withOptional(
  objectOf({ status: { type: 'string', enum: ['ok', 'unavailable'] } }, 'Health'),
  {
    checks: {
      type: 'object',
      description: 'Each check by name; with verbose=true',
      additionalProperties: { type: 'string', enum: ['ok', 'failing'] },
    },
    version: { type: 'string' },
    timestamp: { type: 'integer', description: 'Seconds since 1970' },
  },
)

export const health = endpoint({
  id: 'health',
  path: '/health',
  summary: '200 while the origin takes work, 503 when a check fails or while draining',
  parameters: {
    verbose: { in: 'query', codec: optional(flag(), false), doc: 'name each check in the answer' },
  },
  group: 'state',
  answers: {
    200: { description: 'The origin takes work', content: { 'application/json': healthSchema } },
    503: {
      description: 'A check fails, or the origin is draining',
      content: { 'application/json': healthSchema },
    },
  },
  reads: 'nothing',
  isProbe: true,
  examples: [
    { path: '/health', status: 200, expectBody: '{"status":"ok"}' },
    { path: '/health?verbose=1', status: 200, expectBody: { json: { status: 'ok' } } },
    {
      path: '/health?verbose=maybe',
      status: 400,
      expectBody: { json: { code: 'INVALID_REQUEST' } },
    },
  ],
  handle({ origin }, { verbose }) {
    const checks = Object.entries(origin.healthChecks).map(
      ([name, holds]) => [name, holds()] as const,
    )
    const isOk = checks.every(([, holds]) => holds)
    const status = isOk ? 'ok' : 'unavailable'
    if (!verbose) return jsonReply({ status }, isOk ? 200 : 503)
    const named = checks.map(([name, holds]) => [name, holds ? 'ok' : 'failing'])
    return jsonReply(
      {
        status,
        checks: Object.fromEntries(named),
        version: origin.version,
        timestamp: Math.floor(Date.now() / 1000),
      },
      isOk ? 200 : 503,
    )
  },
})
