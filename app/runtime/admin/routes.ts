import type { ConnectionReport } from '../../budgets/connection-accounts.ts'
import { preferredType } from '../../endpoints/accept.ts'
import { type Answers, eventsBody, objectOf, textBody } from '../../endpoints/answers.ts'
import { statsSchema } from '../../endpoints/http/stats.ts'
import { type OpenApiOptions, createOpenApi } from '../../endpoints/openapi.ts'
import type { Metrics } from '../../telemetry/render.ts'
import type { Conductor } from '../scenario.ts'
import { connectionsRoute } from './connections-route.ts'
import { faultRoutes } from './fault-routes.ts'
import { ledgerRoutes } from './ledger-routes.ts'
import { createPages } from './pages.ts'
import type { PodLedger } from './pod-ledger.ts'
import { type Profiles, mostSeconds } from './profiles.ts'
import type { AdminAnswer, AdminRoute } from './route.ts'
import { scenarioRoutes } from './scenario-routes.ts'
import { StatsStream } from './stats-stream.ts'
import type { Stats, StatsPage } from './stats.ts'

/** What the admin port shows and what it can set going. */
export interface AdminParts {
  /** Why traffic is not welcome now; undefined while it is. */
  readonly unreadyReason: () => string | undefined
  /** Why only a new process helps; undefined while none is needed. */
  readonly restartReason: () => string | undefined
  readonly hasStarted: () => boolean
  readonly metrics: Metrics
  readonly stats: Stats
  readonly profiles: Profiles
  readonly ledger: PodLedger
  readonly connections: () => ConnectionReport
  /** What OpenAPI shows to a reader with that Host header; undefined before the ports are open. */
  readonly openApi: (
    hostHeader: string | undefined,
    adminRoutes: readonly AdminRoute[],
  ) => OpenApiOptions | undefined
  readonly configz: () => object
  readonly conductor: Conductor
  /** Begins the drain that a SIGTERM begins. */
  readonly drain: () => void
  /** Takes the origin out of rotation, or back in, without draining it. */
  readonly setReady: (isReady: boolean) => void
  /** Until the next change of the setting; false when there is no such level. */
  readonly setLogLevel: (level: string) => boolean
}

/** All paths of the admin port, in the order in which they are listed. */
export function createAdminRoutes(parts: AdminParts): readonly AdminRoute[] {
  const routes: readonly AdminRoute[] = [
    ...probes(parts),
    ...numbers(parts),
    openApiRoute(parts, () => routes),
    ...createPages(),
    ...profiles(parts),
    ...switches(parts),
    ...scenarioRoutes(parts.conductor),
    ...ledgerRoutes(parts.ledger),
    connectionsRoute({ report: parts.connections, pod: () => parts.ledger.pod }),
    ...faultRoutes(() => parts.openApi(undefined, [])?.ports),
  ]
  return routes
}

const probeAnswers: Answers = {
  200: { description: 'ok', content: { 'text/plain': textBody } },
  503: { description: 'The reason', content: { 'text/plain': textBody } },
}

// Any query passes here and in /metrics: a parameter too many must not restart a pod or lose a scrape.
function probes({ unreadyReason, restartReason, hasStarted }: AdminParts): readonly AdminRoute[] {
  return [
    {
      path: '/livez',
      method: 'GET',
      takesAnyQuery: true,
      summary:
        '200 while the process lives, also while it drains; 503 when a worker has stalled for good',
      answers: probeAnswers,
      answer: () => okUnless(restartReason()),
    },
    {
      path: '/readyz',
      method: 'GET',
      takesAnyQuery: true,
      summary:
        '200 when traffic is welcome; 503 while starting, draining, switched off, or when a worker is stalled',
      answers: probeAnswers,
      answer: () => okUnless(unreadyReason()),
    },
    {
      path: '/startupz',
      method: 'GET',
      takesAnyQuery: true,
      summary: '200 when every worker has opened its ports',
      answers: probeAnswers,
      answer: () => okUnless(hasStarted() ? undefined : 'starting'),
    },
  ]
}

function okUnless(reason: string | undefined): AdminAnswer {
  return reason === undefined ? { body: 'ok\n' } : { status: 503, body: `${reason}\n` }
}

function numbers({ metrics, stats, configz, ...parts }: AdminParts): readonly AdminRoute[] {
  const stream = new StatsStream(stats, (most) => parts.ledger.recent(most))
  return [
    {
      path: '/metrics',
      method: 'GET',
      takesAnyQuery: true,
      summary: 'Prometheus text; OpenMetrics or JSON by Accept',
      answers: {
        200: {
          description: 'The metrics',
          content: {
            'text/plain': textBody,
            'application/openmetrics-text': textBody,
            'application/json': statsSchema,
          },
        },
      },
      answer({ headers: { accept } }) {
        const type = preferredType(accept)
        if (type === 'application/json') return statsAnswer(stats.page)
        return metrics.render(type === 'text/plain' ? 'text' : 'openMetrics')
      },
    },
    {
      path: '/api/v1/stats',
      method: 'GET',
      summary: 'The numbers of the last second, as JSON',
      answers: jsonOf('The numbers', statsSchema),
      answer: () => statsAnswer(stats.page),
    },
    {
      path: '/sse/metrics',
      method: 'GET',
      summary: 'The same as server-sent events, one a second; ?detail=true with history and more',
      query: {
        detail: {
          doc: 'also events `history` (the last five minutes), `answered` (by listener, status, endpoint), `exchanges` (the newest with an id)',
          schema: { type: 'boolean', default: false },
        },
      },
      answers: {
        200: { description: 'The events', content: { 'text/event-stream': eventsBody } },
        503: { description: 'Too many streams', content: { 'text/plain': textBody } },
      },
      answer: ({ query }, response) =>
        stream.serve(response, query.get('detail') === 'true')
          ? undefined
          : { status: 503, body: 'too many streams\n' },
    },
    {
      path: '/configz',
      method: 'GET',
      summary:
        'The settings in effect, where each came from, and whether they are those in the files',
      answers: jsonOf('The settings', objectOf({})),
      answer: () => jsonAnswer(configz()),
    },
  ]
}

function openApiRoute({ openApi }: AdminParts, routes: () => readonly AdminRoute[]): AdminRoute {
  return {
    path: '/openapi.json',
    method: 'GET',
    summary: 'The endpoints of the traffic port and of this one, as OpenAPI',
    answers: {
      ...jsonOf('This document', objectOf({ openapi: textBody, paths: { type: 'object' } })),
      503: { description: 'The ports are not open yet', content: { 'text/plain': textBody } },
    },
    answer({ headers }) {
      const options = openApi(headers.host, routes())
      return options === undefined
        ? { status: 503, body: 'the ports are not open yet\n' }
        : jsonAnswer(createOpenApi(options))
    },
  }
}

const workerSchema = { type: 'string', pattern: '^([0-9]+|all)$' }

const profileAnswers: Answers = {
  200: {
    description: 'The profile',
    headers: { 'Content-Disposition': 'The file name a browser saves it under' },
    content: { 'application/json': { type: 'object' } },
  },
  400: { description: 'A parameter is wrong', content: { 'text/plain': textBody } },
  409: { description: 'A profile is being taken', content: { 'text/plain': textBody } },
  501: { description: 'This version of Node cannot', content: { 'text/plain': textBody } },
}

function profiles({ profiles: profile }: AdminParts): readonly AdminRoute[] {
  return [
    {
      path: '/profile/cpu',
      method: 'GET',
      summary: 'CPU profile for Chrome DevTools: ?seconds=5, ?worker=0 or all',
      query: {
        seconds: {
          doc: 'how long',
          schema: { type: 'number', exclusiveMinimum: 0, maximum: mostSeconds, default: 5 },
        },
        worker: {
          doc: 'the number of one worker, or all',
          schema: { ...workerSchema, default: 'all' },
        },
      },
      answers: profileAnswers,
      isGuarded: true,
      answer: (request) => profile.cpu(request),
    },
    {
      path: '/profile/heap',
      method: 'GET',
      summary: 'Heap snapshot for Chrome DevTools: ?worker=0; stops the worker while it is taken',
      query: {
        worker: { doc: 'the number of one worker', schema: { ...workerSchema, default: '0' } },
      },
      answers: profileAnswers,
      isGuarded: true,
      answer: (request) => profile.heap(request),
    },
  ]
}

const acceptedAnswers: Answers = {
  202: { description: 'accepted', content: { 'text/plain': textBody } },
}

const accepted: AdminAnswer = { status: 202, body: 'accepted\n' }

function switches({ drain, setReady, setLogLevel }: AdminParts): readonly AdminRoute[] {
  return [
    post('/drain', 'Drains and ends, as SIGTERM does', drain),
    post('/readyz/disable', '/readyz is 503 from now on', () => setReady(false)),
    post('/readyz/enable', '/readyz follows the state again', () => setReady(true)),
    {
      path: '/log-level',
      method: 'POST',
      summary: '?level=debug, info, warn, error or silent, until the setting changes',
      query: {
        level: {
          doc: 'the least level that is logged',
          schema: { type: 'string', enum: ['debug', 'info', 'warn', 'error', 'silent'] },
          isRequired: true,
        },
      },
      answers: {
        ...acceptedAnswers,
        400: { description: 'There is no such level', content: { 'text/plain': textBody } },
      },
      answer: ({ query }) =>
        setLogLevel(query.get('level') ?? '')
          ? accepted
          : { status: 400, body: 'use ?level=debug, info, warn, error or silent\n' },
    },
  ]
}

function post(path: string, summary: string, act: () => void): AdminRoute {
  return {
    path,
    method: 'POST',
    summary,
    answers: acceptedAnswers,
    answer() {
      act()
      return accepted
    },
  }
}

function jsonOf(description: string, schema: object): Answers {
  return { 200: { description, content: { 'application/json': { ...schema } } } }
}

/** JSON for people as well as for machines. */
function jsonAnswer(value: object): AdminAnswer {
  return { contentType: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` }
}

// Pages of other origins may read it: /compare shows several side by side.
function statsAnswer(page: StatsPage): AdminAnswer {
  return { ...jsonAnswer(page), headers: { 'Access-Control-Allow-Origin': '*' } }
}
