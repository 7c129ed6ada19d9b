import { faultsText } from './faults-topic.ts'

/** What `hpdummy help NAME` explains: a subject with its settings. */
export interface Topic {
  readonly name: string
  /** The heading of its settings, and its line in the list of topics. */
  readonly title: string
  /** The first words of the settings it lists: `tcp` for `tcp.echoPort`. */
  readonly settings: readonly string[]
  /** What there is to know beyond the settings, in lines of less than 100 characters. */
  readonly text?: string
}

/**
 * Every topic that has a row, in the order in which --help lists the settings. A setting that no row lists gets a topic
 * of its own, named like its first word.
 */
export const topics: readonly Topic[] = [
  {
    name: 'config',
    title: 'Where settings come from',
    settings: ['config', 'kubernetes'],
    text: `A file holds settings as YAML or JSON, nested or with dots:

  http:
    port: 8000
  log.level: debug

A directory holds such files, or a file for each setting that is named like it (log.level), as
Kubernetes mounts a ConfigMap. Changes are followed while the origin runs; hpdummy help SETTING
says what a change takes. hpdummy settings print shows where each value came from.`,
  },
  {
    name: 'http',
    title: 'HTTP: the fast listener and the wire listener',
    settings: ['http', 'https', 'wire', 'keepAlive', 'query', 'echo'],
    text: `The fast listener has the highest rate and speaks HTTP/1.1 only: it refuses HTTP/1.0 with 505. The
wire listener speaks HTTP/1.0, HTTP/1.1 and HTTP/2, trailers and 1xx, at about a third of the rate.
Behind nginx, set proxy_http_version 1.1 or use the wire port.`,
  },
  {
    name: 'grpc',
    title: 'gRPC',
    settings: ['grpc'],
    text: `grpc.status and grpc.resetStream take names with percentages: UNAVAILABLE:5,INTERNAL:1. A client
can ask for the same with metadata: x-hp-status, x-hp-delay, x-hp-reset-stream, x-hp-goaway.`,
  },
  { name: 'tcp', title: 'TCP and UDP', settings: ['tcp', 'udp'] },
  {
    name: 'tls',
    title: 'TLS',
    settings: ['tls'],
    text: `The TLS ports (https.port, wire.tlsPort, grpc.tlsPort, tcp.tlsEchoPort) open when there is a
certificate: tls.certFile with tls.keyFile, or tls.selfSigned for tests. Files are read again when
they change; open connections keep the old certificate.

  hpdummy --tls-self-signed
  curl -k https://localhost:8443/

  hpdummy --tls-cert-file=tls.crt --tls-key-file=tls.key --tls-client-ca-file=ca.crt
  curl --cacert ca.crt --cert client.crt --key client.key https://localhost:8444/`,
  },
  { name: 'admin', title: 'Admin port and readiness', settings: ['admin', 'readiness'] },
  {
    name: 'workers',
    title: 'Workers, and the CPU and memory they plan with',
    settings: ['workers', 'quota', 'buffer', 'heap', 'stall'],
    text: `hpdummy settings explain prints what this process may use, and which file says so.`,
  },
  { name: 'log', title: 'Log', settings: ['log', 'memory'] },
  {
    name: 'drain',
    title: 'Drain',
    settings: ['drain'],
    text: `SIGTERM, SIGINT (Ctrl-C) and POST :9000/drain begin a drain; a second signal ends it at once.
/readyz answers 503, answers say Connection: close, and new connections are accepted until none has
come for drain.quiet, or until drain.notice is over. Exchanges in flight have until drain.deadline.`,
  },
  {
    name: 'limits',
    title: 'Limits on what clients may ask for and hold',
    settings: ['limits', 'rateLimit', 'cors'],
  },
  {
    name: 'work',
    title: 'Simulated work: the compute pool',
    settings: ['work', 'pool', 'request'],
  },
  {
    name: 'faults',
    title: 'Faults',
    settings: ['faults', 'defaults', 'scenario'],
    text: faultsText,
  },
  {
    name: 'evidence',
    title: 'Evidence: who answered, and what was done',
    settings: ['evidence', 'identity', 'ledger'],
    text: `A request with X-HP-Id gets evidence headers: X-HP-Pod, X-HP-Namespace, X-HP-Node, X-HP-Zone and
X-HP-Version say who answered, X-HP-Connection (wire listener) on which connection, Server-Timing
how long the origin took. With evidence.headers=true every answer has them.

  curl -i -H 'X-HP-Id: order-66' localhost:8081/`,
  },
]

/** How values are written, which --help and each topic say once. */
export const units = `Sizes are 64K, 4M or 1G (powers of 1024). Times are 250ms, 10s, 5m or 1h; a bare number is
milliseconds. Counts are 5000, 10K or 10M (thousands). Port 0 is any free port.`
