import type { ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'

import { ConnectionTotals, createConnectionCells } from '../../app/budgets/connections.ts'
import { Admin } from '../../app/runtime/admin/admin.ts'
import { createPages } from '../../app/runtime/admin/pages.ts'
import type { AdminRoute } from '../../app/runtime/admin/route.ts'

/** The admin port with the real pages and numbers that a test makes up, for what cannot be had by load. */
export interface ScriptedOrigin {
  readonly url: string
  /** Sends one event to every page: `stats` over those of an idle origin with two workers. */
  tell(stats?: Readonly<Record<string, unknown>>): void
  /** Sends one event as it is, with a name or without. */
  tellText(data: string, name?: string): void
  /** How many streams have been opened so far. */
  readonly streams: () => number
  /** Refuses streams with 503, and ends those that are open, until it is called with false. */
  refuse(isRefusing: boolean): void
}

/** One worker's part of the numbers. */
export function workerStats(worker: number, utilization: number): Record<string, number> {
  return {
    worker,
    event_loop_utilization: utilization,
    event_loop_delay_p99_ms: 1.25,
    cpu_percent: utilization * 100,
    heap_mb: 20,
    heap_limit_mb: 280,
    gc_pause_ms_per_sec: 0.5,
    headroom_ratio: 1 - utilization,
  }
}

const idle = {
  server_type: 'hpdummy',
  version: '0.0.0',
  uptime_seconds: 61,
  workers: 2,
  num_cpu: 2,
  cpu_quota: 2,
  cpu_usage_percent: 1,
  throttled_percent: 0,
  headroom_ratio: 0.99,
  active_connections: 0,
  active_requests: 0,
  total_requests: 0,
  completed_requests: 0,
  success_count: 0,
  error_count: 0,
  real_error_count: 0,
  injected_error_count: 0,
  asked_error_count: 0,
  rejected_count: null,
  rejected_per_sec: 0,
  job_count: 0,
  queue_depth: 0,
  worker_count: 2,
  error_rate_percent: 0,
  success_rate: 100,
  requests_per_sec: 0,
  bytes_in_per_sec: 0,
  bytes_out_per_sec: 0,
  avg_latency_us: null,
  p50_latency_us: null,
  p99_latency_us: null,
  memory_rss_mb: 160,
  memory_heap_mb: 40,
  memory_heap_limit_mb: 560,
  num_gc: 4,
  gc_pause_total_ms: 20,
  gc_pause_last_ms: 2,
  event_loop_delay_p99_ms: 1.25,
  draining: false,
  timestamp: 1,
  workers_detail: [workerStats(0, 0.01), workerStats(1, 0.01)],
}

/** Starts one on a free port of loopback and ends it with the test. */
export async function startScripted(t: TestContext): Promise<ScriptedOrigin> {
  const streams = new Set<ServerResponse>()
  let opened = 0
  let isRefusing = false
  const feed: AdminRoute = {
    path: '/sse/metrics',
    method: 'GET',
    summary: 'Scripted',
    takesAnyQuery: true,
    answers: {},
    answer(_request, response) {
      if (isRefusing) return { status: 503, body: 'scripted\n' }
      opened++
      streams.add(response)
      response.once('close', () => streams.delete(response))
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Access-Control-Allow-Origin': '*',
      })
      response.write(': hello\n\n')
      return undefined
    },
  }
  const admin = new Admin({
    routes: [...createPages(), feed],
    config: () => ({ 'admin.token': undefined, 'query.ignored': undefined }),
    totals: new ConnectionTotals(createConnectionCells()),
    most: () => 256,
  })
  const port = await admin.open('127.0.0.1', 0)
  t.after(() => admin.close())
  const tellText = (data: string, name = 'message'): void => {
    for (const stream of streams) stream.write(`event: ${name}\ndata: ${data}\n\n`)
  }
  return {
    url: `http://127.0.0.1:${port}`,
    tellText,
    tell: (stats) => tellText(JSON.stringify({ ...idle, ...stats })),
    streams: () => opened,
    refuse(is) {
      isRefusing = is
      if (is) for (const stream of streams) stream.end()
    },
  }
}
