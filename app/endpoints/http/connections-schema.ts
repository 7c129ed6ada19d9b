import { accountedListeners, closers } from '../../budgets/connection-accounts.ts'
import { type Schema, objectOf } from '../answers.ts'

const total: Schema = { type: 'integer', minimum: 0 }
const nullableNumber: Schema = { type: ['number', 'null'], minimum: 0 }

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] }
}

function histogram(description: string): Schema {
  const bucket = objectOf({
    up_to: { ...nullableNumber, description: 'Upper bound; null is all above' },
    count: total,
  })
  const fields = { count: total, mean: nullableNumber, max: nullableNumber }
  return {
    ...orNull(objectOf({ ...fields, buckets: { type: 'array', items: bucket } })),
    description: `${description}; null on the fast listener, whose engine does not tell`,
  }
}

const listener = objectOf({
  open: { ...total, description: 'Now' },
  opened: total,
  closed: total,
  closed_first_by: {
    ...orNull(objectOf(Object.fromEntries(closers.map((closer) => [closer, total])))),
    description:
      'Who ended those that are closed: the client by FIN, RST or GOAWAY, or we: after keepAlive.idle, after keepAlive.requests, draining, or otherwise',
  },
  lost_requests: {
    type: ['integer', 'null'],
    description: 'Requests that came after our end of their connection (RFC 9112 9.3.1)',
  },
  requests_per_connection: histogram('Of closed connections'),
  lifetime_ms: histogram('Of closed connections'),
  idle_ms: histogram('Between an answer and the next request on the same connection'),
})

/** What became of the connections, by listener. */
export const connectionsSchema = objectOf(
  Object.fromEntries(accountedListeners.map((name) => [name, listener])),
)
