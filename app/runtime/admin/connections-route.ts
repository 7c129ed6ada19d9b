import type { ConnectionReport } from '../../budgets/connection-accounts.ts'
import { objectOf } from '../../endpoints/answers.ts'
import { connectionsSchema } from '../../endpoints/http/connections-schema.ts'
import type { AdminRoute } from './route.ts'

/** Whose connections they are. */
interface ConnectionsOfPod {
  readonly report: () => ConnectionReport
  readonly pod: () => string
}

/** What became of the connections of this pod's HTTP listeners, while every worker is busy, too. */
export function connectionsRoute({ report, pod }: ConnectionsOfPod): AdminRoute {
  return {
    path: '/connections',
    method: 'GET',
    summary:
      'Connections of both HTTP listeners: requests on each, lifetimes, idle gaps, who closed first',
    answers: {
      200: {
        description: 'Over all workers of this pod',
        content: {
          'application/json': objectOf({ pod: { type: 'string' }, listeners: connectionsSchema }),
        },
      },
    },
    answer: () => ({
      contentType: 'application/json',
      body: `${JSON.stringify({ pod: pod(), listeners: report() }, null, 2)}\n`,
    }),
  }
}
