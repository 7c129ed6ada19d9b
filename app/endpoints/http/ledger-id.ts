import { OriginError } from '../../errors.ts'
import { anyText } from '../codecs.ts'
import { endpoint, jsonReply } from '../endpoint.ts'
import { ledgerAnswerSchema, noStore } from './ledger-schema.ts'

export const ledgerId = endpoint({
  id: 'ledger-id',
  path: '/ledger/{id}',
  methods: ['GET'],
  summary: 'What arrived under an id: every attempt, how it came and how it ended',
  parameters: {
    id: { in: 'path', codec: anyText(1), doc: 'value of X-HP-Id (ledger.key)' },
  },
  group: 'evidence',
  answers: {
    200: {
      description: 'The attempts, oldest first',
      headers: { 'Cache-Control': 'no-store' },
      content: { 'application/json': ledgerAnswerSchema },
    },
  },
  refusals: ['NOT_FOUND'],
  reads: 'nothing',
  examples: [{ path: '/ledger/unknown', status: 404, expectBody: { json: { code: 'NOT_FOUND' } } }],
  handle({ origin }, { id }) {
    const answer = origin.ledger.find(id)
    if (answer.attempts.length > 0) return jsonReply(answer, 200, noStore)
    throw new OriginError(
      'NOT_FOUND',
      `nothing is known of the id ${JSON.stringify(id)}: no request with it came to this pod within ledger.ttl, or its record was dropped (${answer.dropped} were)`,
      noStore,
    )
  },
})
