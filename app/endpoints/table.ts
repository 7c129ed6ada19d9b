import type { Endpoint } from './endpoint.ts'
import { benchmarkService } from './grpc/benchmark-service.ts'
import { echoService } from './grpc/echo-service.ts'
import { type GrpcEndpoint, unknownMethodPath } from './grpc/grpc-endpoint.ts'
import { libraryServices } from './grpc/library-services.ts'
import { originService } from './grpc/origin-service.ts'
import { testService } from './grpc/test-service.ts'
import { basicAuth } from './http/basic-auth.ts'
import { bearer } from './http/bearer.ts'
import { bin } from './http/bin.ts'
import { br } from './http/br.ts'
import { cache } from './http/cache.ts'
import { chatCompletions } from './http/chat-completions.ts'
import { chunked } from './http/chunked.ts'
import { computeComplex } from './http/compute-complex.ts'
import { computeFast } from './http/compute-fast.ts'
import { computeIntensive } from './http/compute-intensive.ts'
import { compute } from './http/compute.ts'
import { connections } from './http/connections.ts'
import { cookiesSet } from './http/cookies-set.ts'
import { cookies } from './http/cookies.ts'
import { deflate } from './http/deflate.ts'
import { delay } from './http/delay.ts'
import { drip } from './http/drip.ts'
import { earlyHints } from './http/early-hints.ts'
import { echo } from './http/echo.ts'
import { etag } from './http/etag.ts'
import { expectContinue } from './http/expect-continue.ts'
import { gzip } from './http/gzip.ts'
import { health } from './http/health.ts'
import { type ShownRow, createHelp } from './http/help.ts'
import { ledgerId } from './http/ledger-id.ts'
import { ledgerRun } from './http/ledger-run.ts'
import { messages } from './http/messages.ts'
import { metrics } from './http/metrics.ts'
import { ndjson } from './http/ndjson.ts'
import { nousage } from './http/nousage.ts'
import { redirect } from './http/redirect.ts'
import { responseHeaders } from './http/response-headers.ts'
import { retry } from './http/retry.ts'
import { sse } from './http/sse.ts'
import { stats } from './http/stats.ts'
import { status } from './http/status.ts'
import { trailers } from './http/trailers.ts'
import { upload } from './http/upload.ts'
import { work } from './http/work.ts'
import { tcpDiscard } from './tcp/tcp-discard.ts'
import { tcpEcho } from './tcp/tcp-echo.ts'
import type { TcpEndpoint } from './tcp/tcp-endpoint.ts'
import { tcpPayload } from './tcp/tcp-payload.ts'
import { unknownPath } from './unknown-path.ts'
import { wsClose } from './ws/ws-close.ts'
import { wsEcho } from './ws/ws-echo.ts'
import type { WsEndpoint } from './ws/ws-endpoint.ts'
import { wsPush } from './ws/ws-push.ts'

/** What the origin answers over HTTP, in the order /help and the documents show it. */
export const httpRows: readonly Endpoint[] = [
  echo,
  health,
  createHelp(() => shownRows()),
  bin,
  chunked,
  drip,
  sse,
  ndjson,
  upload,
  status,
  delay,
  retry,
  chatCompletions,
  messages,
  nousage,
  work,
  compute,
  computeFast,
  computeIntensive,
  computeComplex,
  redirect,
  cookies,
  cookiesSet,
  cache,
  etag,
  gzip,
  deflate,
  br,
  basicAuth,
  bearer,
  responseHeaders,
  trailers,
  earlyHints,
  expectContinue,
  ledgerId,
  ledgerRun,
  connections,
  stats,
  metrics,
]

/** What the origin answers over WebSocket. The first row whose path fits a handshake answers it. */
export const wsRows: readonly WsEndpoint[] = [wsClose, wsPush, wsEcho]

/** The row that answers unknown paths. */
export const unknownPathRow: Endpoint = unknownPath(echo, [...httpRows, ...wsRows])

/** What the origin answers over gRPC. */
export const grpcRows: readonly GrpcEndpoint[] = [
  ...echoService,
  ...originService,
  ...testService,
  ...benchmarkService,
  ...libraryServices,
]

/** The labels of HTTP rows and WebSocket rows in counters, in the order of their numbers in a slab. */
export const httpPaths: readonly string[] = [...httpRows, ...wsRows].map(({ path }) => path)

/** Rows whose client chooses the status, so that their errors were requested. */
export const askedStatusPaths: ReadonlySet<string> = new Set(
  httpRows.filter(({ answers }) => '5XX' in answers).map(({ path }) => path),
)

/** The same for gRPC rows, and for methods that none of them has. */
export const grpcPaths: readonly string[] = [...grpcRows.map(({ path }) => path), unknownMethodPath]

/** What the origin answers over TCP, each row on a port of its own. */
export const tcpRows: readonly TcpEndpoint[] = [tcpEcho, tcpDiscard, tcpPayload]

/** What the origin answers over UDP; there are no parameters. */
export const udpRow: ShownRow = {
  id: 'udp-echo',
  summary: 'UDP echo: each datagram back to its sender',
}

/** Everything the origin answers, on every protocol. */
export function shownRows(): readonly ShownRow[] {
  return [...httpRows, ...wsRows, ...grpcRows, ...tcpRows, udpRow]
}
