import type { Schema } from '../answers.ts'
import { endpoint, jsonTextReply } from '../endpoint.ts'

/** All numbers by name; null is a number that is not known. */
export const statsSchema: Schema = {
  title: 'Stats',
  type: 'object',
  required: ['server_type', 'version', 'headroom_ratio', 'timestamp', 'workers_detail'],
  properties: {
    server_type: { type: 'string', enum: ['hpdummy'] },
    version: { type: 'string' },
    headroom_ratio: { type: ['number', 'null'] },
    timestamp: { type: 'integer', description: 'Seconds since 1970' },
    workers_detail: {
      type: 'array',
      items: {
        type: 'object',
        required: ['worker', 'stalled'],
        properties: { worker: { type: 'integer', minimum: 0 }, stalled: { type: 'boolean' } },
        additionalProperties: { type: ['number', 'null'] },
      },
    },
  },
  additionalProperties: { type: ['number', 'string', 'boolean', 'null'] },
}

export const stats = endpoint({
  id: 'stats',
  path: '/api/v1/stats',
  methods: ['GET'],
  summary: "The origin's numbers of the last second, as on the admin port",
  parameters: {},
  group: 'state',
  answers: { 200: { description: 'The numbers', content: { 'application/json': statsSchema } } },
  refusals: ['RATE_LIMIT_EXCEEDED'],
  reads: 'nothing',
  examples: [
    { path: '/api/v1/stats', status: 200, expectBody: { json: { server_type: 'hpdummy' } } },
    {
      method: 'POST',
      path: '/api/v1/stats',
      status: 405,
      expectBody: { json: { code: 'METHOD_NOT_ALLOWED' } },
    },
  ],
  handle: ({ origin }) => jsonTextReply(origin.stats()),
})
