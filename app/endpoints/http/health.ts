import { flag, optional } from '../codecs.ts'
import { endpoint, jsonReply } from '../endpoint.ts'

export const health = endpoint({
  id: 'health',
  path: '/health',
  summary: '200 while the origin takes work, 503 when a check fails or while draining',
  parameters: {
    verbose: { in: 'query', codec: optional(flag(), false), doc: 'name each check in the answer' },
  },
  reads: 'nothing',
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
