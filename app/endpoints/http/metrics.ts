import { preferredType } from '../accept.ts'
import { endpoint, jsonTextReply } from '../endpoint.ts'
import { echoSchema } from './echo-schema.ts'
import { echoReply } from './echo.ts'
import { statsSchema } from './stats.ts'

// Prometheus' text is on the admin port only. A scrape of the traffic port would count itself, and a client whose own
// application has /metrics gets the echo, as for every other path.
export const metrics = endpoint({
  id: 'metrics',
  path: '/metrics',
  summary: 'With Accept: application/json as /api/v1/stats, else the request as JSON',
  parameters: {},
  group: 'state',
  answers: {
    200: {
      description: 'The numbers, or the request as the origin received it',
      headers: { 'X-Request-ID': 'Of an echo: the id of the request' },
      content: { 'application/json': { anyOf: [statsSchema, echoSchema] } },
    },
  },
  takesAnyQuery: true,
  reads: 'whole',
  examples: [
    {
      path: '/metrics',
      headers: { Accept: 'application/json' },
      status: 200,
      expectBody: { json: { server_type: 'hpdummy' } },
    },
    {
      path: '/metrics',
      headers: { Accept: 'text/plain' },
      status: 200,
      expectBody: { json: { method: 'GET', path: '/metrics' } },
    },
    {
      path: '/metrics',
      method: 'POST',
      headers: { Accept: 'application/json' },
      body: 'text',
      status: 200,
      expectBody: { json: { method: 'POST', body: 'text' } },
    },
  ],
  handle(exchange) {
    const isRead = exchange.method === 'GET' || exchange.method === 'HEAD'
    const isJson = preferredType(exchange.header('accept')) === 'application/json'
    return isRead && isJson ? jsonTextReply(exchange.origin.stats()) : echoReply(exchange)
  },
})
