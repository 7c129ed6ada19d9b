import { anyText, optional } from '../codecs.ts'
import { endpoint, jsonReply } from '../endpoint.ts'
import { ledgerSummarySchema, noStore } from './ledger-schema.ts'

export const ledgerRun = endpoint({
  id: 'ledger-run',
  path: '/ledger',
  methods: ['GET'],
  summary: 'What arrived in a run: ids that came once, twice or more, and those that ended early',
  parameters: {
    run: {
      in: 'query',
      codec: optional(anyText(0), ''),
      doc: 'value of X-HP-Run; empty: requests without one',
    },
  },
  group: 'evidence',
  answers: {
    200: {
      description: 'The sums, and the ids that are odd',
      headers: { 'Cache-Control': 'no-store' },
      content: { 'application/json': ledgerSummarySchema },
    },
  },
  reads: 'nothing',
  examples: [
    {
      path: '/ledger?run=unknown',
      status: 200,
      expectHeaders: { 'cache-control': 'no-store' },
      expectBody: { json: { run: 'unknown', ids: 0, once: 0, duplicated: 0, aborted: 0, odd: [] } },
    },
    { path: '/ledger', status: 200, expectBody: { json: { run: '' } } },
  ],
  handle: async ({ origin }, { run }) =>
    jsonReply(await origin.ledger.summarize(run), 200, noStore),
})
