import { performance } from 'node:perf_hooks'
import { inspect } from 'node:util'

import type * as Api from '@opentelemetry/api'

import { methodLabels } from './slab-layout.ts'
import type { Trace, Witnessed, WitnessedRequest } from './witness.ts'

/** Spans of this worker's exchanges, exported in batches. */
export interface Tracing {
  readonly trace: (request: WitnessedRequest) => Trace
  /** Exports what is left; resolves when it is out, or the exporter has given up. */
  readonly end: () => Promise<void>
}

/** Options and callbacks of tracing. */
export interface TracingOptions {
  readonly version: string
  /** Undefined when OTEL_* variables name the service. */
  readonly serviceName: string | undefined
  /** The trace that an exchange's duration is an example of. */
  readonly onSampled: (exchange: Witnessed, traceId: string, spanId: string) => void
  /** An exporter's trouble. */
  readonly onTrouble: (message: string) => void
}

function ignore(): void {}

/**
 * Starts tracing as the OTEL_* variables say (endpoint, protocol, sampler, resource). The SDK is loaded
 * here, only when it is asked for: 0.5 s and 40 MiB a worker.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const api = await import('@opentelemetry/api')
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  // Its first word names the component; the message comes after.
  const say = (...words: unknown[]): void =>
    options.onTrouble(
      words.map((word) => (typeof word === 'string' ? word : inspect(word))).join(' '),
    )
  api.diag.setLogger(
    { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore },
    api.DiagLogLevel.WARN,
  )
  const { serviceName } = options
  const sdk = new NodeSDK({
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    ...(serviceName !== undefined && { serviceName }),
  })
  sdk.start()
  const tracer = api.trace.getTracer('hpdummy', options.version)
  return {
    trace: (request) => startSpan(api, tracer, { request, options }),
    end: () => sdk.shutdown(),
  }
}

function startSpan(
  api: typeof Api,
  tracer: Api.Tracer,
  { request, options }: { readonly request: WitnessedRequest; readonly options: TracingOptions },
): Trace {
  const { traceparent, tracestate } = request
  const parent = api.propagation.extract(api.ROOT_CONTEXT, { traceparent, tracestate })
  const span = tracer.startSpan(
    `${methodOf(request)} ${request.route}`,
    {
      kind: api.SpanKind.SERVER,
      startTime: timeOf(request.startedAt),
      attributes: requestAttributes(request),
    },
    parent,
  )
  const { traceId, spanId, traceFlags } = span.spanContext()
  const flags = traceFlags.toString(16).padStart(2, '0')
  return {
    // W3C Trace Context, level 2: the client can find the span that it caused.
    headers: [['traceresponse', `00-${traceId}-${spanId}-${flags}`]],
    end(exchange) {
      const { status, bytesIn, bytesOut, isAborted, injected } = exchange
      const hasFailed = status >= 500 && injected.length === 0
      span.setAttributes({
        'http.response.status_code': status,
        'http.request.body.size': bytesIn,
        'http.response.body.size': bytesOut,
        ...(injected.length > 0 && { 'hpdummy.injected': [...injected] }),
      })
      // A server's span fails for its own errors, and not for its client's (semantic conventions): what a client asked
      // for, and got, is none.
      if (hasFailed || isAborted) {
        span.setAttribute('error.type', isAborted ? 'client_left' : String(status))
        if (hasFailed) span.setStatus({ code: api.SpanStatusCode.ERROR })
      }
      span.end(timeOf(performance.now()))
      if ((traceFlags & api.TraceFlags.SAMPLED) !== 0) options.onSampled(exchange, traceId, spanId)
    },
  }
}

// OpenTelemetry's semantic conventions for HTTP servers.
function requestAttributes(request: WitnessedRequest): Api.Attributes {
  const { scheme, httpVersion, method, path, query, route, host, userAgent } = request
  const [, address = host, port] = /^(.*):(\d+)$/.exec(host) ?? []
  const known = methodOf(request)
  return {
    'http.request.method': known,
    ...(known === '_OTHER' && { 'http.request.method_original': method }),
    'http.route': route,
    'url.path': path,
    ...(query !== '' && { 'url.query': query }),
    'url.scheme': scheme,
    'network.protocol.name': 'http',
    'network.protocol.version': httpVersion,
    'network.peer.address': request.sourceAddress,
    'client.address': request.sourceAddress,
    ...(host !== '' && { 'server.address': address }),
    ...(port !== undefined && { 'server.port': Number(port) }),
    ...(userAgent !== '' && { 'user_agent.original': userAgent }),
    'hpdummy.request_id': request.requestId,
    'hpdummy.listener': request.listener,
  }
}

const methods: ReadonlySet<string> = new Set(methodLabels)

/** The method as metrics and spans label it. */
export function methodOf({ method }: Pick<WitnessedRequest, 'method'>): string {
  return methods.has(method) ? method : '_OTHER'
}

// Seconds and nanoseconds, as OpenTelemetry takes a time of performance.now().
function timeOf(now: number): Api.HrTime {
  const ms = performance.timeOrigin + now
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)]
}
