import { type Answers, textBody } from '../../endpoints/answers.ts'
import { errorSchema } from '../../endpoints/endpoint.ts'
import { ledgerAnswerSchema, ledgerSummarySchema } from '../../endpoints/http/ledger-schema.ts'
import { errorText } from '../../errors.ts'
import type { PodLedger } from './pod-ledger.ts'
import type { AdminAnswer, AdminRoute } from './route.ts'

const local = {
  local: { doc: 'true: this pod alone, as pods ask each other', schema: { type: 'boolean' } },
} as const

/** The arrival ledger of all pods. */
export function ledgerRoutes(ledger: PodLedger): readonly AdminRoute[] {
  return [
    {
      path: '/ledger/{id}',
      method: 'GET',
      summary: 'Every attempt of a request by its id (X-HP-Id), over all pods of ledger.peers',
      rest: 'value of X-HP-Id (ledger.key)',
      query: local,
      answers: {
        ...jsonOf(200, 'The attempts, in order of arrival', ledgerAnswerSchema),
        ...jsonOf(404, 'Nothing is known of the id', errorSchema),
      },
      async answer({ rest, query }) {
        const isLocal = query.get('local') === 'true'
        const answer = isLocal ? ledger.findOwn(rest) : await ledger.find(rest)
        if (answer.attempts.length > 0 || isLocal) return json(answer)
        const error = `nothing is known of the id ${JSON.stringify(rest)}`
        const { pods, unasked, dropped } = answer
        const told = JSON.parse(errorText('NOT_FOUND', error, '')) as object
        return { ...json({ ...told, pods, unasked, dropped }), status: 404 }
      },
    },
    {
      path: '/ledger',
      method: 'GET',
      summary: 'What came in a run (?run=, X-HP-Run): once, twice, aborted; over all pods',
      query: {
        run: {
          doc: 'value of X-HP-Run; empty: requests without one',
          schema: { type: 'string' },
        },
        ...local,
      },
      answers: {
        ...jsonOf(200, 'The sums, and the ids that are odd', ledgerSummarySchema),
        503: { description: 'Workers have not started', content: { 'text/plain': textBody } },
      },
      async answer({ query }) {
        const run = query.get('run') ?? ''
        const isLocal = query.get('local') === 'true'
        const answer = await (isLocal ? ledger.summarizeOwn(run) : ledger.summarize(run))
        return answer === undefined
          ? { status: 503, body: 'workers have not started\n' }
          : json(answer)
      },
    },
  ]
}

function jsonOf(status: number, description: string, schema: object): Answers {
  return { [status]: { description, content: { 'application/json': { ...schema } } } }
}

function json(value: object): AdminAnswer {
  return { contentType: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` }
}
