import {
  byteLimit,
  bytes,
  chances,
  choice,
  countLimit,
  duration,
  host,
  port,
  portOrNone,
  text,
} from './config-formats.ts'
import { grpcStatuses, resetCodes } from './errors.ts'
import { setting } from './setting.ts'

/** Where the origin listens, and what is asked of each listener. */
export const listenerSettings = {
  'http.host': setting({
    doc: 'Address of the traffic listeners; :: is IPv6 and IPv4',
    format: host,
    value: '::',
    reload: 'process',
  }),
  'http.port': setting({
    doc: 'Fast listener: HTTP/1.1 and WebSocket',
    format: port,
    value: 8080,
    reload: 'process',
  }),
  'https.port': setting({
    doc: 'The same over TLS; opens when there is a certificate',
    format: port,
    value: 8443,
    reload: 'process',
  }),
  'wire.port': setting({
    doc: 'Wire listener: HTTP/1.0, HTTP/1.1 and HTTP/2 to the byte, on one port',
    format: portOrNone,
    value: 8081,
    reload: 'process',
  }),
  'wire.tlsPort': setting({
    doc: 'The same over TLS (h2 and http/1.1 by ALPN); opens when there is a certificate',
    format: portOrNone,
    value: 8444,
    reload: 'process',
  }),
  'wire.proxyProtocol': setting({
    doc: 'PROXY protocol v1 and v2 before anything else on the wire ports; required: without it the connection is closed',
    format: choice('off', 'optional', 'required'),
    value: 'off' as const,
    reload: 'hot',
  }),
  'grpc.port': setting({
    doc: 'gRPC: echo.EchoService, hpdummy.v1.Origin, grpc.testing, health, reflection',
    format: portOrNone,
    value: 50_051,
    reload: 'process',
  }),
  'grpc.tlsPort': setting({
    doc: 'The same over TLS; opens when there is a certificate',
    format: portOrNone,
    value: 50_052,
    reload: 'process',
  }),
  'grpc.messageLimit': setting({
    doc: 'Largest gRPC message taken or sent',
    format: bytes(1024, 256 * 2 ** 20),
    value: 16 * 2 ** 20,
    reload: 'worker',
  }),
  'grpc.status': setting({
    doc: 'Statuses that calls fail with, by percentage',
    format: chances(
      'statuses',
      Object.keys(grpcStatuses).filter((name) => name !== 'OK'),
    ),
    value: undefined,
    reload: 'hot',
  }),
  'grpc.delay': setting({
    doc: 'Wait before each call is handled',
    format: duration,
    value: 0,
    reload: 'hot',
  }),
  'grpc.resetStream': setting({
    doc: 'RST_STREAM codes that calls are cut with, by percentage',
    format: chances('codes', Object.keys(resetCodes)),
    value: undefined,
    reload: 'hot',
  }),
  'grpc.goawayAfter': setting({
    doc: 'Calls on a connection after which GOAWAY is sent; 0 is never',
    format: countLimit,
    value: 0,
    reload: 'hot',
  }),
  'grpc.maxConnectionAge': setting({
    doc: 'Age at which a gRPC connection is sent GOAWAY; 0 is never',
    format: duration,
    value: 0,
    reload: 'hot',
  }),
  'tcp.echoPort': setting({
    doc: 'TCP echo (RFC 862)',
    format: portOrNone,
    value: 7007,
    reload: 'process',
  }),
  'tcp.discardPort': setting({
    doc: 'TCP discard (RFC 863)',
    format: portOrNone,
    value: 7009,
    reload: 'process',
  }),
  'tcp.payloadPort': setting({
    doc: 'TCP payload: a line such as 1M is answered with that many bytes, an empty one without end (RFC 864 in spirit)',
    format: portOrNone,
    value: 7019,
    reload: 'process',
  }),
  'tcp.tlsEchoPort': setting({
    doc: 'TCP echo over TLS; opens when there is a certificate',
    format: portOrNone,
    value: 7443,
    reload: 'process',
  }),
  'udp.echoPort': setting({
    doc: 'UDP echo',
    format: portOrNone,
    value: 7007,
    reload: 'process',
  }),
  'tcp.greeting': setting({
    doc: 'Text that TCP echo and discard send first, with a line end; \\n and \\r are line ends in it',
    format: text,
    value: undefined,
    reload: 'hot',
  }),
  'tcp.resetAfter': setting({
    doc: 'Bytes received after which a TCP connection is reset (RST)',
    format: byteLimit,
    value: Number.POSITIVE_INFINITY,
    reload: 'hot',
  }),
  'tcp.connectionBytes': setting({
    doc: 'Bytes both ways after which a TCP connection is ended (FIN)',
    format: byteLimit,
    value: Number.POSITIVE_INFINITY,
    reload: 'hot',
  }),
  'tcp.connectionTime': setting({
    doc: 'Longest life of a TCP connection; 0 is as long as it likes',
    format: duration,
    value: 0,
    reload: 'hot',
  }),
  'tcp.idle': setting({
    doc: 'A TCP connection with no byte either way for this long is ended; 0 is never',
    format: duration,
    value: 600_000,
    reload: 'hot',
  }),
  'admin.host': setting({
    doc: 'Address of the admin port',
    format: host,
    value: '::',
    reload: 'process',
  }),
  'admin.port': setting({
    doc: 'Probes and metrics',
    format: port,
    value: 9000,
    reload: 'process',
  }),
  'admin.token': setting({
    doc: 'What a POST to the admin port must carry (Authorization: Bearer); without one, POSTs are taken from loopback only',
    format: text,
    value: undefined,
    reload: 'process',
    isSecret: true,
  }),
} as const
