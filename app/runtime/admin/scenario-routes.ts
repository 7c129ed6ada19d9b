import { type Answers, objectOf, textBody } from '../../endpoints/answers.ts'
import { ScenarioProblem } from '../../traffic/scenario-document.ts'
import { parseDurationMs } from '../../traffic/units.ts'
import type { Conductor } from '../scenario.ts'
import type { AdminAnswer, AdminRoute } from './route.ts'

const statusAnswers: Answers = {
  200: {
    description: 'The scenario that runs, its step and how long both last; null for none',
    content: { 'application/json': objectOf({ scenario: { type: ['string', 'null'] } }) },
  },
}

/** The pages that show, begin and end a scenario. */
export function scenarioRoutes(conductor: Conductor): readonly AdminRoute[] {
  const status = (code = 200): AdminAnswer => ({
    status: code,
    contentType: 'application/json',
    body: `${JSON.stringify(conductor.status(), null, 2)}\n`,
  })
  return [
    {
      path: '/scenario',
      method: 'GET',
      summary: 'The scenario that runs, and its step',
      answers: statusAnswers,
      answer: () => status(),
    },
    {
      path: '/scenario',
      method: 'PUT',
      summary: 'Begins the scenario in the body (YAML or JSON); ?ttl=5m ends it by itself',
      query: {
        ttl: {
          doc: 'how long it runs at most, such as 30s or 5m; over the ttl in the body',
          schema: { type: 'string' },
        },
      },
      body: { 'application/yaml': textBody, 'application/json': objectOf({}) },
      answers: {
        ...statusAnswers,
        400: {
          description: 'It is no scenario; the text says why',
          content: { 'text/plain': textBody },
        },
        413: { description: 'The body is past 64 KiB', content: { 'text/plain': textBody } },
      },
      async answer({ query, body }) {
        const ttl = query.get('ttl')
        const ttlMs = ttl === null ? undefined : parseDurationMs(ttl)
        if (ttl !== null && (ttlMs === undefined || ttlMs < 1)) {
          return { status: 400, body: 'ttl: use a time such as 30s or 5m\n' }
        }
        const text = await body()
        if (text === undefined) return { status: 413, body: 'a scenario has at most 64 KiB\n' }
        try {
          conductor.put(text, ttlMs)
          return status()
        } catch (error) {
          if (error instanceof ScenarioProblem) return { status: 400, body: `${error.message}\n` }
          throw error
        }
      },
    },
    {
      path: '/scenario',
      method: 'DELETE',
      summary: 'Ends the scenario that runs',
      answers: {
        ...statusAnswers,
        404: { description: 'No scenario runs', content: { 'text/plain': textBody } },
      },
      answer: () => (conductor.remove() ? status() : { status: 404, body: 'no scenario runs\n' }),
    },
  ]
}
