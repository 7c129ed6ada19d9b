import { once } from 'node:events'
import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type ServerResponse,
  createServer,
  request as requestOf,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'

import { atEnd } from '../at-end.ts'
import type { Defect } from './defects.ts'
import { type Lines, answerLines, badPath, pairsOf, requestLines } from './lines.ts'
import { createAgent } from './origin-agent.ts'
import { endShort, tunnel, writeInterim } from './tunnel.ts'

/** A proxy in this process that does all right but what its switches say. */
export interface BadProxy {
  readonly url: string
  /** Turns one defect on, or all off. */
  readonly be: (defect: Defect | undefined) => void
}

/** Starts a proxy before the origin's wire port. */
export async function startBadProxy(t: TestContext, port: number): Promise<BadProxy> {
  const proxy = new Forwarder(port)
  const server = createServer({
    maxHeaderSize: 2 ** 18,
    requestTimeout: 0,
    keepAliveTimeout: 60_000,
  })
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    proxy.forward(request, response).catch(() => request.socket.destroy())
  }
  server.on('request', serve)
  server.on('checkContinue', serve)
  server.on('checkExpectation', serve)
  server.on('upgrade', (request, socket, head) => proxy.tunnel(request, socket as Socket, head))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(t, () => {
    proxy.end()
    server.close()
    server.closeAllConnections()
  })
  const { port: own } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${own}`, be: (defect) => proxy.be(defect) }
}

/** One attempt at the origin. */
interface Attempt {
  readonly answer: IncomingMessage
  readonly interims: readonly { readonly statusCode: number; readonly rawHeaders: Lines }[]
}

class Forwarder {
  readonly #port: number
  #agent = createAgent()
  #defect: Defect | undefined
  #answers = 0
  #lastTarget = '/'

  constructor(port: number) {
    this.#port = port
  }

  be(defect: Defect | undefined): void {
    this.#defect = defect
    this.#agent.destroy()
    this.#agent = createAgent()
  }

  end(): void {
    this.#agent.destroy()
  }

  #is(defect: Defect): boolean {
    return this.#defect === defect
  }

  tunnel(request: IncomingMessage, socket: Socket, head: Buffer): void {
    tunnel({ port: this.#port, defect: this.#defect }, request, { socket, head })
  }

  async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false
    if (isForUs(request)) return answerItself(response)
    const expects = request.headers.expect !== undefined
    if (expects && this.#is('answers-100')) response.writeContinue()
    const whole = this.#is('buffers-uploads') ? await buffer(request) : undefined
    try {
      const attempt = await this.#ask(request, response, whole)
      await this.#answer(request, response, attempt)
    } catch {
      if (response.headersSent) request.socket.destroy()
      else refuse(response)
    }
  }

  /** Sends the request, again where it may or where the defect says so. */
  async #ask(
    request: IncomingMessage,
    response: ServerResponse,
    whole: Buffer | undefined,
  ): Promise<Attempt> {
    const isBad = this.#is('retries-post') && request.method === 'POST' && request.url === '/verify'
    if (!isBad) return this.#try(request, response, whole)
    const body = whole ?? (await buffer(request))
    try {
      const attempt = await this.#try(request, response, body)
      if (attempt.answer.statusCode !== 503) return attempt
      attempt.answer.destroy()
    } catch {
      // Sent again below.
    }
    return this.#try(request, response, body)
  }

  #try(
    request: IncomingMessage,
    response: ServerResponse,
    whole: Buffer | undefined,
  ): Promise<Attempt> {
    return new Promise((resolve, reject) => {
      const outgoing = requestOf({
        port: this.#port,
        host: '127.0.0.1',
        agent: this.#agent,
        method: request.method,
        path: this.#target(request),
        setHost: false,
        // Node refuses an answer that has both.
        insecureHTTPParser: this.#is('forwards-length-with-chunks'),
        headers: requestLines(request, this.#defect) as unknown as OutgoingHttpHeader as never,
      })
      const interims: Attempt['interims'][number][] = []
      outgoing.on('error', reject)
      outgoing.on('upgrade', (_answer, socket) => socket.destroy())
      const told = (statusCode: number, rawHeaders: Lines): void => {
        if (this.#is('swallows-1xx') && statusCode !== 100) return
        if (this.#is('answers-100') && statusCode === 100) return
        writeInterim(response, statusCode, rawHeaders)
      }
      outgoing.on('continue', () => told(100, []))
      outgoing.on('information', (info) => {
        if (info.statusCode !== 100) told(info.statusCode, info.rawHeaders)
      })
      outgoing.on('response', (answer) => {
        if (this.#is('reuses-after-close')) {
          ;(outgoing as unknown as { shouldKeepAlive: boolean }).shouldKeepAlive = true
        }
        resolve({ answer, interims })
      })
      response.once('close', () => {
        if (!response.writableFinished) outgoing.destroy()
      })
      this.#sendBody(request, outgoing, whole)
    })
  }

  #target({ url = '/', method }: IncomingMessage): string {
    if (this.#is('decodes-paths')) return badPath(url)
    if (!this.#is('mixes-answers') || method !== 'GET' || !url.startsWith('/bin/')) return url
    this.#answers++
    const other = this.#lastTarget
    this.#lastTarget = url
    return this.#answers % 10 === 0 && other.startsWith('/bin/') && url.includes('seed=1')
      ? other
      : url
  }

  #sendBody(
    request: IncomingMessage,
    outgoing: ReturnType<typeof requestOf>,
    whole: Buffer | undefined,
  ): void {
    outgoing.flushHeaders()
    if (whole !== undefined) return void outgoing.end(whole)
    request.on('aborted', () => {
      if (this.#is('hides-aborts')) outgoing.end()
      else outgoing.destroy()
    })
    request.on('data', (piece: Buffer) => {
      if (!outgoing.write(this.#spoil(request, piece, '/upload'))) {
        request.pause()
        outgoing.once('drain', () => request.resume())
      }
    })
    request.on('end', () => {
      const pairs = pairsOf(request.rawTrailers)
      if (pairs.length > 0 && !this.#is('drops-trailers')) outgoing.addTrailers(pairs as never)
      outgoing.end()
    })
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { answer }: Attempt,
  ): Promise<void> {
    const encodings = request.headers['accept-encoding'] ?? ''
    const canCompress =
      this.#is('keeps-strong-etag') &&
      encodings.includes('gzip') &&
      answer.headers.etag !== undefined &&
      !String(answer.headers['cache-control']).includes('no-transform')
    const mustHold = this.#is('buffers-streams') || canCompress || this.#merges(answer)
    const held = mustHold ? await buffer(answer) : undefined
    const lines = answerLines(answer, this.#defect)
    const more = this.#merges(answer) ? answer.rawTrailers : []
    const status = answer.statusCode ?? 502
    if (canCompress && held !== undefined) {
      const bytes = gzipSync(held)
      const kept = lines.filter(([name]) => name.toLowerCase() !== 'content-length')
      const own = ['Content-Encoding', 'gzip', 'Content-Length', String(bytes.length)]
      response.writeHead(status, [...kept.flat(), ...own] as never)
      return void response.end(bytes)
    }
    response.writeHead(status, answer.statusMessage, [...lines.flat(), ...more] as never)
    response.flushHeaders()
    if (held !== undefined) {
      const pairs = pairsOf(answer.rawTrailers)
      if (pairs.length > 0 && more.length === 0) response.addTrailers(pairs as never)
      return void response.end(this.#spoil(request, held))
    }
    await this.#pass(request, response, answer)
  }

  async #pass(
    request: IncomingMessage,
    response: ServerResponse,
    answer: IncomingMessage,
  ): Promise<void> {
    let sent = 0
    try {
      for await (const piece of answer) {
        sent += (piece as Buffer).length
        if (response.destroyed) return void answer.destroy()
        if (!response.write(this.#spoil(request, piece as Buffer))) await once(response, 'drain')
      }
    } catch (error) {
      if (this.#is('truncates-cleanly')) return endShort(response, sent)
      if (this.#is('splices-retry')) return this.#splice(request, response)
      throw error
    }
    if (answer.rawTrailers.length > 0 && !this.#is('drops-trailers')) {
      response.addTrailers(pairsOf(answer.rawTrailers) as never)
    }
    response.end()
  }

  async #splice(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { answer } = await this.#try(request, response, Buffer.alloc(0))
    for await (const piece of answer) response.write(piece)
    response.end()
  }

  #merges({ headers }: IncomingMessage): boolean {
    return this.#is('merges-trailers') && /x-sum/i.test(headers.trailer ?? '')
  }

  #spoil({ url = '' }: IncomingMessage, piece: Buffer, path = '/bin/'): Buffer {
    if (!this.#is('corrupts-byte') || piece.length <= 64 || !url.startsWith(path)) return piece
    const spoilt = Buffer.from(piece)
    spoilt[40] = (spoilt[40] ?? 0) ^ 0xff
    return spoilt
  }
}

// RFC 9110 7.6.2.
function isForUs({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['max-forwards'] === '0'
}

function answerItself(response: ServerResponse): void {
  response.writeHead(204, { Allow: 'GET, HEAD, POST, OPTIONS', Date: new Date().toUTCString() })
  response.end()
}

function refuse(response: ServerResponse): void {
  response.writeHead(502, { Connection: 'close', Date: new Date().toUTCString() })
  response.end('502\n')
}
