import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { isIP } from 'node:net'

import { type Payload, createBlock, seededPayload } from '../traffic/payload.ts'
import { headersWithRun, numbered } from './http1/request-text.ts'
import { type Lane, type LaneOwner, errorKind } from './lane.ts'
import type { Traffic } from './plan/plan.ts'

const writeBytes = 64 * 1024

/** The HTTP/2 connections of a thread: lane number i is a stream of connection i modulo their number. */
export class Http2Lanes {
  readonly traffic: Traffic
  readonly owner: LaneOwner
  readonly payload: Payload | undefined
  /** Why a connection broke, which its streams do not say. */
  readonly troubles = new WeakMap<ClientHttp2Session, string>()
  readonly #sessions: (ClientHttp2Session | undefined)[]
  #made = 0

  constructor(traffic: Traffic, owner: LaneOwner, connections: number) {
    this.traffic = traffic
    this.owner = owner
    this.#sessions = Array.from({ length: connections }, () => undefined)
    const { body } = traffic.request
    this.payload =
      body.kind === 'made'
        ? seededPayload(new Uint8Array(createBlock(writeBytes)), body.seed, body.bytes)
        : undefined
  }

  create(): Lane {
    const place = this.#made++ % this.#sessions.length
    return new Http2Lane(this, () => (this.#sessions[place] ??= this.#connect(place)))
  }

  close(): void {
    for (const session of this.#sessions) session?.destroy()
  }

  #connect(place: number): ClientHttp2Session {
    const { isTls, host, port, isInsecure } = this.traffic.target
    this.owner.noteConnection()
    const shownHost = isIP(host) === 6 ? `[${host}]` : host
    const session = connect(`${isTls ? 'https' : 'http'}://${shownHost}:${port}`, {
      rejectUnauthorized: !isInsecure,
      ...(isIP(host) === 0 && { servername: host }),
    })
    // The default of 64 KiB for the whole connection is what one would measure.
    session.on('connect', () => {
      if (!session.destroyed) session.setLocalWindowSize(2 ** 24)
    })
    const forget = (): void => {
      if (this.#sessions[place] === session) this.#sessions[place] = undefined
    }
    session.on('goaway', forget)
    session.on('error', (error) => {
      this.troubles.set(session, errorKind(error))
      forget()
    })
    session.on('close', forget)
    return session
  }
}

const {
  HTTP2_HEADER_STATUS: statusName,
  NGHTTP2_CANCEL: cancel,
  NGHTTP2_NO_ERROR: fine,
} = constants

/** A place for one stream. */
class Http2Lane implements Lane {
  dueMs = 0
  readyMs = 0
  sentMs = 0
  isBusy = false
  readonly #shared: Http2Lanes
  readonly #session: () => ClientHttp2Session
  readonly #headersOf: (n: number) => Record<string, string | string[]>
  readonly #bodyOf: (n: number) => string
  #stream: ClientHttp2Stream | undefined

  constructor(shared: Http2Lanes, session: () => ClientHttp2Session) {
    this.#shared = shared
    this.#session = session
    this.#headersOf = headersOf(shared.traffic)
    const { body } = shared.traffic.request
    this.#bodyOf = numbered(body.kind === 'text' ? body.text : '')
  }

  send(n: number): void {
    this.isBusy = true
    const session = this.#session()
    const { body } = this.#shared.traffic.request
    const text = this.#bodyOf(n)
    const headers = this.#headersOf(n)
    const length = body.kind === 'made' ? body.bytes : Buffer.byteLength(text)
    if (body.kind !== 'none') headers['content-length'] = String(length)
    let stream: ClientHttp2Stream
    try {
      stream = session.request(headers, { endStream: body.kind === 'none' })
    } catch (error) {
      // A session that is going away takes no more streams; the loop must turn before the owner hears of it.
      setImmediate(() => this.#end(undefined, { error: errorKind(error) }))
      return
    }
    this.#stream = stream
    this.#follow(stream, session)
    if (body.kind === 'text') stream.end(text)
    else if (body.kind === 'made') this.#write(stream, 0)
  }

  abort(error: string): void {
    const stream = this.#stream
    this.#end(stream, { error })
    stream?.close(cancel)
  }

  close(): void {
    this.#stream?.destroy()
  }

  #follow(stream: ClientHttp2Stream, session: ClientHttp2Session): void {
    let status = 0
    let serverTiming = ''
    let isWhole = false
    let trouble: string | undefined
    stream.on('response', (headers) => {
      status = Number(headers[statusName])
      serverTiming = String(headers['server-timing'] ?? '')
    })
    stream.on('data', (bytes: Buffer) => this.#shared.owner.noteBytes(bytes.length))
    stream.on('end', () => {
      isWhole = status !== 0
    })
    stream.on('error', (error) => {
      trouble = errorKind(error)
    })
    stream.on('close', () => {
      if (isWhole && stream.rstCode === fine) this.#end(stream, { status, serverTiming })
      else
        this.#end(stream, {
          error:
            this.#shared.troubles.get(session) ?? trouble ?? `stream reset, code ${stream.rstCode}`,
        })
    })
  }

  #write(stream: ClientHttp2Stream, from: number): void {
    const { payload } = this.#shared
    if (payload === undefined) return
    let at = from
    while (at < payload.bytes) {
      const slice = payload.slice(at, writeBytes)
      at += slice.length
      if (stream.write(slice)) continue
      const next = at
      stream.once('drain', () => this.#write(stream, next))
      return
    }
    stream.end()
  }

  #end(stream: ClientHttp2Stream | undefined, outcome: Parameters<LaneOwner['end']>[1]): void {
    if (!this.isBusy || this.#stream !== stream) return
    this.isBusy = false
    this.#stream = undefined
    this.#shared.owner.end(this, outcome)
  }
}

// What belongs to a connection and not to a request is no header of HTTP/2 (RFC 9113, 8.2.2).
const hopHeaders = new Set(['connection', 'host', 'keep-alive', 'transfer-encoding', 'upgrade'])

function headersOf({
  target,
  request,
  run,
}: Traffic): (n: number) => Record<string, string | string[]> {
  const path = numbered(request.path)
  const own = headersWithRun(request, run)
    .map(([name, value]) => [name.toLowerCase(), numbered(value)] as const)
    .filter(([name]) => !hopHeaders.has(name))
  return (n) => {
    const headers: Record<string, string | string[]> = {
      ':method': request.method,
      ':path': path(n),
      ':scheme': target.isTls ? 'https' : 'http',
      ':authority': target.authority,
    }
    for (const [name, value] of own) {
      const before = headers[name]
      headers[name] = before === undefined ? value(n) : [before, value(n)].flat()
    }
    return headers
  }
}
