import type { Socket } from 'node:net'
import { type PeerCertificate, TLSSocket } from 'node:tls'

import type { Buffered, Holder } from '../../budgets/buffered.ts'
import type { Closer, ConnectionAccount } from '../../budgets/connection-accounts.ts'
import type { Slab } from '../../telemetry/slab.ts'
import { addressWithPort } from '../port/address.ts'
import type { ProxyHeader } from '../port/proxy-protocol.ts'

/** Settings of the wire listener that change while it serves. */
export interface WireTuning {
  /** 0 is never. */
  readonly idleMs: number
  /** Requests on a connection; 0 is any number. */
  readonly requests: number
  readonly proxyProtocol: 'off' | 'optional' | 'required'
}

// With more requests than this unanswered at once, pipelined or as streams, nothing more is read from the client until
// some are answered: requests cost memory, and the client may not read answers at all.
const mostAtOnce = 128

// What a request costs while its answer waits for those before it: 9.6 KiB of heap, measured with 1,300 pipelined on
// each of 20 connections.
const waitingBytes = 10 * 1024

/** Where a connection is read: the socket, the feed of its parser, or the HTTP/2 session. It keeps the idle time, too. */
export interface Intake {
  setTimeout(ms: number): unknown
  pause(): unknown
  resume(): unknown
}

/** What a connection needs besides its socket. */
export interface WireConnectionOptions {
  /** Connections.nextId. */
  readonly id: string
  readonly account: ConnectionAccount
  readonly isDraining: () => boolean
  readonly tuning: () => WireTuning
  readonly proxyProtocol: ProxyHeader | undefined
  readonly slab: Slab
  readonly buffered: Buffered
  /** Sends a RST, also on a connection over TLS. */
  readonly reset: () => void
}

/** What the arrival ledger keeps about TLS; the echo shows more. */
interface AgreedTls {
  readonly server_name: string | null
  readonly alpn: string | null
}

/** One connection of the wire listener, over TLS or not, HTTP/1 or HTTP/2. */
export class WireConnection implements Holder {
  /** Unique among all connections, including those of other workers. */
  readonly id: string
  intake: Intake
  readonly reset: () => void
  readonly proxyProtocol: ProxyHeader | undefined
  readonly tls: AgreedTls | undefined
  readonly source: string
  readonly destination: string
  /** Requests so far. */
  requests = 0
  /** Requests that are not answered yet. */
  active = 0
  /** Reading has stopped: too many requests are unanswered. */
  isHeld = false
  /** No request is accepted any more: the last one that this connection may have has come. */
  hasHadLast = false
  /** How long the connection was idle before the latest request. */
  idleBeforeMs = 0
  /** When the first byte of the request that came last was read, by performance.now(); undefined on HTTP/2. */
  firstByteAt: number | undefined
  /** How the peer ended the connection, or which of our timeouts did. */
  brokenBy: 'fin' | 'rst' | 'timeout' | undefined
  /** When the peer sent FIN, by performance.now(). */
  finAt: number | undefined
  /** Why we announced the end, before either side ended the connection. */
  endsBy: Closer | undefined
  /** The code of a GOAWAY from the client that ends its streams, too (RFC 9113 6.8). */
  goaway: number | undefined
  readonly #socket: Socket
  readonly #tuning: () => WireTuning
  readonly #slab: Slab
  readonly #buffered: Buffered
  readonly #account: ConnectionAccount
  readonly #isDraining: () => boolean
  /** Set when the client has ended before us. */
  #left: Closer | undefined
  readonly openedAt = performance.now()
  #restsSince = this.openedAt
  /** When bytes were read last, and the first of a request that is not whole. */
  #readAt: number | undefined
  #headBegunAt: number | undefined

  constructor(
    socket: Socket,
    {
      id,
      account,
      isDraining,
      tuning,
      proxyProtocol,
      slab,
      buffered,
      reset,
    }: WireConnectionOptions,
  ) {
    this.id = id
    this.#socket = socket
    this.reset = reset
    this.#slab = slab
    this.#buffered = buffered
    this.#account = account
    this.#isDraining = isDraining
    account.opened()
    socket.once('close', () => this.#close())
    socket.once('end', () => this.#leave('fin'))
    socket.once('error', () => this.#leave('rst'))
    this.intake = socket
    this.#tuning = tuning
    this.proxyProtocol = proxyProtocol
    this.source = addressWithPort(socket.remoteAddress, socket.remotePort)
    this.destination = addressWithPort(socket.localAddress, socket.localPort)
    this.tls = socket instanceof TLSSocket ? describeTls(socket) : undefined
  }

  /** How long it may be idle; 0 is for ever. */
  get idleMs(): number {
    return this.#tuning().idleMs
  }

  /** Bytes of HTTP/1 were read; `isInBody` when they belong to the body of a request that has come. */
  read(isInBody: boolean): void {
    this.#readAt = performance.now()
    if (!isInBody) this.#headBegunAt ??= this.#readAt
  }

  /** A request has come; true when it is the last one that this connection may have. */
  begin(): boolean {
    const { requests } = this.#tuning()
    this.requests++
    this.active++
    // One that came behind another in one piece began with that piece.
    this.firstByteAt = this.#headBegunAt ?? this.#readAt
    this.#headBegunAt = undefined
    this.idleBeforeMs = this.active === 1 ? performance.now() - this.#restsSince : 0
    if (this.requests > 1 && this.active === 1) this.#account.idled(this.idleBeforeMs)
    if (this.active === 1) this.intake.setTimeout(0)
    else this.#charge()
    if (this.active >= mostAtOnce) {
      this.isHeld = true
      this.intake.pause()
    }
    this.hasHadLast = requests > 0 && this.requests >= requests
    return this.hasHadLast
  }

  /** An answer has been sent, or its client has left. */
  end(): void {
    this.active--
    if (this.active > 0) this.#charge()
    this.isHeld = this.isHeld && this.active >= mostAtOnce
    // Reading may have stopped because of other connections, and may now go on.
    if (!this.isHeld) this.intake.resume()
    if (this.active > 0) return
    this.#restsSince = performance.now()
    this.rest()
  }

  /** A request came after our end of the connection. */
  lose(): void {
    this.#account.lost()
  }

  /** The client has announced that it sends no more. */
  leftBy(by: Closer): void {
    if (!this.#socket.writableEnded) this.#left ??= by
  }

  #leave(by: 'fin' | 'rst'): void {
    this.brokenBy ??= by
    if (by === 'fin') this.finAt = performance.now()
    this.leftBy(by === 'fin' ? 'client_fin' : 'client_rst')
  }

  #close(): void {
    this.#buffered.hold(this, 0)
    const lifetimeMs = performance.now() - this.openedAt
    this.#account.ended({ by: this.#closer(), requests: this.requests, lifetimeMs })
  }

  #closer(): Closer {
    const known = this.endsBy ?? this.#left
    if (known !== undefined) return known
    if (this.hasHadLast) return 'request_limit'
    return this.#isDraining() ? 'drain' : 'origin'
  }

  /** Cuts the connection: too many of its requests wait. */
  giveUp(): void {
    this.#slab.add('heldRefused', 1)
    // The parser still goes on to the end of its current piece.
    this.hasHadLast = true
    this.#socket.destroy()
  }

  // The first is being answered; the others wait.
  #charge(): void {
    if (!this.#socket.destroyed) this.#buffered.holdInHeap(this, (this.active - 1) * waitingBytes)
  }

  /** No request is unanswered: from now on the connection is idle, for as long as keepAlive.idle allows. */
  rest(): void {
    if (this.active === 0) this.intake.setTimeout(this.#tuning().idleMs)
  }
}

/** What a TLS connection agreed on, in the words of the echo. */
function describeTls(socket: TLSSocket): AgreedTls & Readonly<Record<string, unknown>> {
  const { standardName, name } = socket.getCipher()
  const certificate = socket.getPeerCertificate()
  // Node's types know neither the name of a server's side nor that there may be none.
  const { servername } = socket as { readonly servername?: string | false }
  return {
    version: socket.getProtocol(),
    cipher: standardName ?? name,
    server_name: servername === undefined || servername === false ? null : servername,
    alpn: socket.alpnProtocol === false ? null : socket.alpnProtocol,
    session_reused: socket.isSessionReused(),
    client_certificate: hasCertificate(certificate)
      ? { ...describeCertificate(certificate), authorized: socket.authorized }
      : null,
  }
}

function hasCertificate(certificate: PeerCertificate | object): certificate is PeerCertificate {
  return 'fingerprint256' in certificate
}

function describeCertificate(certificate: PeerCertificate): object {
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    subject_alt_name: certificate.subjectaltname ?? null,
    serial_number: certificate.serialNumber,
    fingerprint256: certificate.fingerprint256,
    valid_from: dateText(certificate.valid_from),
    valid_to: dateText(certificate.valid_to),
  }
}

// Null for an invalid date: with tls.clientAuth=request anybody may have made the certificate.
function dateText(text: string): string | null {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

// RFC 4514 style, most specific first.
function nameOf(name: object): string {
  return Object.entries(name)
    .map(([key, value]) => `${key}=${String(value)}`)
    .toReversed()
    .join(', ')
}
