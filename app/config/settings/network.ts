import { choice, countLimit, duration, flag, integer, text } from '../formats.ts'
import { setting } from '../setting.ts'

/** TLS and connections, on all listeners that have them. */
export const networkSettings = {
  'tcp.fastOpen': setting({
    doc: 'TCP_FASTOPEN on listening sockets; the kernel must allow it (net.ipv4.tcp_fastopen)',
    format: flag,
    value: true,
    reload: 'process',
  }),
  'tcp.deferAccept': setting({
    doc: 'TCP_DEFER_ACCEPT: a connection is accepted when its first byte has arrived',
    format: flag,
    value: false,
    reload: 'process',
  }),
  'tcp.reusePort': setting({
    doc: 'SO_REUSEPORT: the workers share each port with it, so it cannot be switched off; /configz shows what the kernel has',
    format: flag,
    value: true,
    reload: 'process',
  }),
  'tcp.backlog': setting({
    doc: 'Connections the kernel queues for a port; net.core.somaxconn caps it',
    format: integer(1, 65_535),
    value: 4096,
    reload: 'process',
  }),
  'tcp.noDelay': setting({
    doc: 'TCP_NODELAY: small writes are not held back (Nagle)',
    format: flag,
    value: true,
    reload: 'process',
  }),
  'tcp.keepAlive': setting({
    doc: 'Silence after which the kernel probes a peer (SO_KEEPALIVE, TCP_KEEPIDLE); 0: never',
    format: duration,
    value: 30_000,
    reload: 'process',
  }),
  'keepAlive.idle': setting({
    doc: 'Wire listener: an idle connection is closed after this long; 0: never (the fast listener: always 10 s). The default is longer than the 60 s of many load balancers, so that they close first',
    format: duration,
    value: 75_000,
    reload: 'hot',
  }),
  'keepAlive.requests': setting({
    doc: 'Wire listener: a connection is closed after this many requests; 0: no limit',
    format: countLimit,
    value: 0,
    reload: 'hot',
  }),
  'tls.certFile': setting({
    doc: 'Certificate chain, PEM',
    format: text,
    value: undefined,
    reload: 'process',
  }),
  'tls.keyFile': setting({
    doc: 'Its private key, PEM',
    format: text,
    value: undefined,
    reload: 'process',
  }),
  'tls.selfSigned': setting({
    doc: 'Make a certificate at start, for tests',
    format: flag,
    value: false,
    reload: 'process',
  }),
  'tls.clientCaFile': setting({
    doc: 'CA certificates that client certificates are checked against (mTLS), PEM; when set, TLS ports ask for one',
    format: text,
    value: undefined,
    reload: 'process',
  }),
  'tls.clientAuth': setting({
    doc: 'With tls.clientCaFile: require refuses clients without a valid certificate; request accepts them and shows what came',
    format: choice('require', 'request'),
    value: 'require' as const,
    reload: 'process',
  }),
  'tls.sniDirectory': setting({
    doc: 'Certificates by server name: a folder for each name (a.example, *.example) with tls.crt and tls.key',
    format: text,
    value: undefined,
    reload: 'process',
  }),
  'tls.minVersion': setting({
    doc: 'Lowest TLS version (the fast listener: 1.2 or 1.3)',
    format: choice('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
    value: 'TLSv1.2' as const,
    reload: 'process',
  }),
  'tls.maxVersion': setting({
    doc: 'Highest TLS version (the fast listener: always 1.3)',
    format: choice('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
    value: 'TLSv1.3' as const,
    reload: 'process',
  }),
  'tls.ciphers': setting({
    doc: "Cipher suites in OpenSSL's notation; unset: OpenSSL's own choice (the fast listener: for TLS 1.2 only)",
    format: text,
    value: undefined,
    reload: 'process',
  }),
} as const
