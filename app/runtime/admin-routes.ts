import { preferredType } from '../endpoints/accept.ts'
import type { Metrics } from '../telemetry/render.ts'
import type { AdminAnswer, AdminRoute } from './admin-route.ts'
import { createPages } from './pages.ts'
import type { Profiles } from './profiles.ts'
import { StatsStream } from './stats-stream.ts'
import type { Stats, StatsPage } from './stats.ts'

/** What the admin port shows and what it can set going. */
export interface AdminSources {
  /** Why traffic is not welcome now; undefined while it is. */
  readonly unreadyReason: () => string | undefined
  /** Why only a new process helps; undefined while none is needed. */
  readonly restartReason: () => string | undefined
  readonly hasStarted: () => boolean
  readonly metrics: Metrics
  readonly stats: Stats
  readonly profiles: Profiles
  readonly openApi: () => object
  readonly configz: () => object
  /** Begins the drain that a SIGTERM begins. */
  readonly drain: () => void
  /** Takes the origin out of rotation, or back in, without draining it. */
  readonly setReady: (isReady: boolean) => void
  /** Until the next change of the setting; false when there is no such level. */
  readonly setLogLevel: (level: string) => boolean
}

/** All paths of the admin port, in the order people are told of them. */
export function createAdminRoutes(sources: AdminSources): readonly AdminRoute[] {
  return [
    ...probes(sources),
    ...numbers(sources),
    ...createPages(),
    ...profiles(sources),
    ...switches(sources),
  ]
}

function probes({ unreadyReason, restartReason, hasStarted }: AdminSources): readonly AdminRoute[] {
  return [
    {
      path: '/livez',
      method: 'GET',
      summary:
        'The process lives; 200 while it drains, too; 503 when a worker has stalled for good',
      answer: () => okUnless(restartReason()),
    },
    {
      path: '/readyz',
      method: 'GET',
      summary:
        'Traffic is welcome; 503 while starting, draining, switched off or a worker is stalled',
      answer: () => okUnless(unreadyReason()),
    },
    {
      path: '/startupz',
      method: 'GET',
      summary: 'Every worker has opened its ports',
      answer: () => okUnless(hasStarted() ? undefined : 'starting'),
    },
  ]
}

function okUnless(reason: string | undefined): AdminAnswer {
  return reason === undefined ? { body: 'ok\n' } : { status: 503, body: `${reason}\n` }
}

function numbers({ metrics, stats, openApi, configz }: AdminSources): readonly AdminRoute[] {
  const stream = new StatsStream(stats)
  return [
    {
      path: '/metrics',
      method: 'GET',
      summary: 'Prometheus text; OpenMetrics or JSON by Accept',
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
      answer: () => statsAnswer(stats.page),
    },
    {
      path: '/sse/metrics',
      method: 'GET',
      summary: 'The same as server-sent events, one a second',
      answer: (_request, response) =>
        stream.serve(response) ? undefined : { status: 503, body: 'too many streams\n' },
    },
    {
      path: '/configz',
      method: 'GET',
      summary:
        'The settings in effect, where they are from, and whether they are those that were written',
      answer: () => jsonAnswer(configz()),
    },
    {
      path: '/openapi.json',
      method: 'GET',
      summary: 'The endpoints of the traffic port, as OpenAPI',
      answer: () => jsonAnswer(openApi()),
    },
  ]
}

function profiles({ profiles: profile }: AdminSources): readonly AdminRoute[] {
  return [
    {
      path: '/profile/cpu',
      method: 'GET',
      summary: 'CPU profile for Chrome DevTools: ?seconds=5, ?worker=0 or all',
      isGuarded: true,
      answer: (request) => profile.cpu(request),
    },
    {
      path: '/profile/heap',
      method: 'GET',
      summary: 'Heap snapshot for Chrome DevTools: ?worker=0; stops the worker while it is taken',
      isGuarded: true,
      answer: (request) => profile.heap(request),
    },
  ]
}

const accepted: AdminAnswer = { status: 202, body: 'accepted\n' }

function switches({ drain, setReady, setLogLevel }: AdminSources): readonly AdminRoute[] {
  return [
    post('/drain', 'Drains and ends, as SIGTERM does', drain),
    post('/readyz/disable', '/readyz is 503 from now on', () => setReady(false)),
    post('/readyz/enable', '/readyz follows the state again', () => setReady(true)),
    {
      path: '/log-level',
      method: 'POST',
      summary: '?level=debug, info, warn, error or silent, until the setting changes',
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
    answer() {
      act()
      return accepted
    },
  }
}

/** JSON for people as well as for machines. */
function jsonAnswer(value: object): AdminAnswer {
  return { contentType: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` }
}

// Pages of other origins may read it: /compare shows several side by side.
function statsAnswer(page: StatsPage): AdminAnswer {
  return { ...jsonAnswer(page), headers: { 'Access-Control-Allow-Origin': '*' } }
}
