import { endpoint, jsonTextReply } from '../endpoint.ts'

export const stats = endpoint({
  id: 'stats',
  path: '/api/v1/stats',
  methods: ['GET'],
  summary: "The origin's numbers of the last second, as on the admin port",
  parameters: {},
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
