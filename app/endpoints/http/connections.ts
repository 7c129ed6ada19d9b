import { objectOf } from '../answers.ts'
import { endpoint, jsonReply } from '../endpoint.ts'
import { connectionsSchema } from './connections-schema.ts'
import { noStore } from './ledger-schema.ts'

export const connections = endpoint({
  id: 'connections',
  path: '/connections',
  methods: ['GET'],
  summary:
    'How a proxy pools its connections to us: requests on each, lifetimes, idle gaps, who closed first, requests lost at a close',
  parameters: {},
  group: 'evidence',
  answers: {
    200: {
      description: 'Of both HTTP listeners, over all workers of this pod',
      headers: { 'Cache-Control': 'no-store' },
      content: {
        'application/json': objectOf({ pod: { type: 'string' }, listeners: connectionsSchema }),
      },
    },
  },
  reads: 'nothing',
  examples: [{ path: '/connections', status: 200, expectHeaders: { 'cache-control': 'no-store' } }],
  handle: ({ origin }) =>
    jsonReply({ pod: origin.identity.pod, listeners: origin.connections() }, 200, noStore),
})
