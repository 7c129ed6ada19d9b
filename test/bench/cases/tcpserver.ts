import { createDecipheriv } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'

import { goTool } from '../../tools/tools.ts'
import { readListenOverflows } from '../accounting.ts'
import { bombardier, type Work } from '../clients.ts'
import { origin, tcpserver as peer } from '../contestants.ts'
import { createRateRow } from '../rounds.ts'
import type { Row } from '../row.ts'
import type { Server } from '../servers.ts'
import { buildGoPeer } from '../toolchain.ts'

const connections = 1000 // as in tcpserver's own benchmark
const aesKey = '0123456789ABCDEF'
const aesBlockBytes = 16

/** One test of tcpserver's benchmark: what the origin is asked for is what its peers always answer. */
interface Test {
  readonly id: string
  readonly what: string
  readonly path: string
  readonly bytes: number
  readonly keepsAlive: boolean
  readonly encrypts?: boolean
  readonly sleepMs?: number
  readonly isTls?: boolean
}

const kibibyte = { path: '/bin/1K', bytes: 1024 }
const encrypted = { path: '/bin/1K?cipher=aes-128-cbc', bytes: 1024, encrypts: true }
const slept = { path: '/drip?bytes=128&duration=0&delay=1', bytes: 128, sleepMs: 1 }
const long = { path: '/bin/16K', bytes: 16 * 1024 }

const tests: readonly Test[] = [
  { id: '1', what: '1024 B', ...kibibyte, keepsAlive: false },
  { id: '1.1', what: '1024 B over TLS', ...kibibyte, keepsAlive: false, isTls: true },
  { id: '2', what: '1024 B', ...kibibyte, keepsAlive: true },
  { id: '2.1', what: '1024 B over TLS', ...kibibyte, keepsAlive: true, isTls: true },
  { id: '3', what: 'AES-128 of 1024 B', ...encrypted, keepsAlive: false },
  { id: '4', what: 'AES-128 of 1024 B', ...encrypted, keepsAlive: true },
  { id: '5', what: '128 B after 1 ms', ...slept, keepsAlive: true },
  { id: '6', what: '16384 B', ...long, keepsAlive: false },
]

// Both tell of queues: the engine's holds 512 connections not yet accepted, Go's as many as the kernel lets.
const meter = {
  metrics: [
    { key: 'p99', title: 'p99 ms', digits: 1 },
    { key: 'turnedAway', title: 'turned away', digits: 0 },
  ],
  start: () => {
    const before = readListenOverflows()
    return ({ p99Ms = Number.NaN }: Work) => ({
      p99: p99Ms,
      turnedAway: readListenOverflows() - before,
    })
  },
}

/** The tests of tcpserver's own benchmark, beside it and fasthttp. */
export const tcpserver: readonly Row[] = tests.map(createTestRow)

function build(): void {
  buildGoPeer('tcpserver')
  goTool('bombardier')
}

function createTestRow(test: Test): Row {
  const { isTls = false } = test
  const keepAlive = `keep-alive ${test.keepsAlive ? 'on' : 'off'}`
  return createRateRow({
    name: `tcpserver-${test.id}`,
    group: 'tcpserver',
    what: `${test.what}, ${keepAlive}, ${connections} connections (bombardier)`,
    build,
    unit: 'request',
    servers: [origin({ workers: 1, isTls }), peer('tcpserver', test), peer('fasthttp', test)],
    client: bombardier({ ...test, connections }),
    meter,
    describeAnswer: (server) => describeAnswer(server, test),
    targets: ['tcpserver', 'fasthttp'].map((name) => ({
      metric: 'throughput',
      bound: 'at least',
      limit: 1,
      peer: name,
    })),
  })
}

/** What an answer costs: its length, what is left of it decrypted, and what the TLS is. */
async function describeAnswer({ port }: Server, test: Test): Promise<string> {
  const url = `${test.isTls === true ? 'https' : 'http'}://127.0.0.1:${port}${test.path}`
  const asked = ask(url).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const { socket, statusCode, headers } = answer
  const tls = describeTls(socket) // before the end, when the answer loses its socket's state
  const body = await buffer(answer)
  return [
    statusCode,
    `${headers['content-length']} bytes`,
    ...(test.encrypts === true ? [`${decrypt(body).byteLength} decrypted`] : []),
    ...tls,
  ].join(', ')
}

// Offers what Go's client does, in its order: a server may choose by its own.
function ask(url: string): ReturnType<typeof request> {
  if (!url.startsWith('https:')) return request(url, { agent: false })
  return requestTls(url, {
    agent: false,
    rejectUnauthorized: false,
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
    ecdhCurve: 'X25519:P-256:P-384:P-521',
  })
}

function describeTls(socket: IncomingMessage['socket']): string[] {
  if (!(socket instanceof TLSSocket)) return []
  const { asn1Curve } = socket.getPeerCertificate()
  return [socket.getProtocol() ?? 'TLS unknown', socket.getCipher().name, `key ${asn1Curve}`]
}

function decrypt(body: Buffer): Buffer {
  const decipher = createDecipheriv('aes-128-cbc', aesKey, body.subarray(0, aesBlockBytes))
  return Buffer.concat([decipher.update(body.subarray(aesBlockBytes)), decipher.final()])
}
