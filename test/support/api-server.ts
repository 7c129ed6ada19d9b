import { writeFileSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { createDirectory } from './programs.ts'

/** What the server does with lists and watches. */
export type Mood =
  | 'well'
  | 'forbids'
  | 'fails'
  | 'is silent'
  | 'resets'
  | 'ends watches at once'
  | 'has forgotten every version'
  | 'says 410 to every watch'
  | 'talks nonsense'

interface Asked {
  readonly kind: 'list' | 'watch' | 'event'
  readonly query: URLSearchParams
}

/** An Event as it was created. */
export interface CreatedEvent {
  readonly reason: string
  readonly note: string
  readonly type: string
  readonly regarding: { readonly kind: string; readonly name: string; readonly uid?: string }
}

/** An API server with one ConfigMap, `load/hpdummy`, that can be in a bad mood. */
export class ApiServer {
  mood: Mood = 'well'
  readonly asked: Asked[] = []
  readonly events: CreatedEvent[] = []
  /** The most watches that were open at once. */
  mostStreams = 0
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #streams = new Set<ServerResponse>()
  #version = 100
  #lastEvent: { version: number; type: string; object: object } | undefined
  #data: Readonly<Record<string, string>> | undefined

  static async start(
    t: TestContext,
    data: Readonly<Record<string, string>> | undefined,
  ): Promise<ApiServer> {
    const server = new ApiServer()
    server.#data = data
    await server.listen()
    t.after(() => server.end())
    return server
  }

  /** Opens the port, the same one after an end. */
  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** A file for KUBECONFIG. */
  kubeconfig(t: TestContext): string {
    const path = join(createDirectory(t), 'kubeconfig')
    const cluster = { server: `http://127.0.0.1:${this.port}`, 'insecure-skip-tls-verify': true }
    const config = {
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: 'secret' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'load' } }],
      'current-context': 'x',
    }
    writeFileSync(path, JSON.stringify(config))
    return path
  }

  /** Changes the ConfigMap, or deletes it, and tells who watches. */
  write(data: Readonly<Record<string, string>> | undefined): void {
    const type = data === undefined ? 'DELETED' : this.#data === undefined ? 'ADDED' : 'MODIFIED'
    const before = this.#data
    this.#data = data
    this.#version++
    this.#lastEvent = {
      version: this.#version,
      type,
      object: this.#configMap(data ?? before ?? {}),
    }
    this.#say(this.#lastEvent)
  }

  /** Other objects have changed since: the version goes on, and who watches hears of it. */
  bookmark(): string {
    this.#version += 10
    const resourceVersion = String(this.#version)
    this.#say({ type: 'BOOKMARK', object: { kind: 'ConfigMap', metadata: { resourceVersion } } })
    return resourceVersion
  }

  /** Ends all watches, as the server does after their time. */
  endStreams(): void {
    for (const stream of this.#streams) stream.end()
  }

  get openStreams(): number {
    return this.#streams.size
  }

  count(kind: Asked['kind']): number {
    return this.asked.filter((one) => one.kind === kind).length
  }

  /** Cuts everybody off. */
  cut(): void {
    this.#server.closeAllConnections()
  }

  /** Cuts everybody off and closes the port. */
  async end(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://api')
    if (request.method === 'POST') return this.#createEvent(request, response)
    const kind = url.searchParams.has('watch') ? 'watch' : 'list'
    this.asked.push({ kind, query: url.searchParams })
    const isOurs =
      url.pathname === '/api/v1/namespaces/load/configmaps' &&
      url.searchParams.get('fieldSelector') === 'metadata.name=hpdummy' &&
      request.headers.authorization === 'Bearer secret'
    // A Role with resourceNames lets nothing else through.
    if (!isOurs || this.mood === 'forbids') return refuse(response, 403, 'configmaps is forbidden')
    if (this.mood === 'fails') return refuse(response, 500, 'etcd has no leader')
    if (this.mood === 'is silent') return
    if (this.mood === 'resets') return void request.socket.resetAndDestroy()
    if (kind === 'list') return this.#list(response)
    this.#watch(response, Number(url.searchParams.get('resourceVersion')))
  }

  #list(response: ServerResponse): void {
    if (this.mood === 'talks nonsense') return void response.end('{"items": 7')
    const items = this.#data === undefined ? [] : [this.#configMap(this.#data)]
    const metadata = { resourceVersion: String(this.#version) }
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ kind: 'ConfigMapList', apiVersion: 'v1', metadata, items }))
  }

  #watch(response: ServerResponse, from: number): void {
    if (this.mood === 'says 410 to every watch') return refuse(response, 410, 'too old')
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.flushHeaders()
    if (this.mood === 'ends watches at once') return void response.end()
    if (this.mood === 'has forgotten every version') {
      response.write(`${JSON.stringify({ type: 'ERROR', object: statusOf(410, 'too old') })}\n`)
    }
    if (this.mood === 'talks nonsense') {
      response.write('}{\n\n{"type": "MODIFIED"}\n{"type": "WHAT", "object": null}\n[]\n')
    }
    // What was missed: of one object the last event will do.
    const missed = this.#lastEvent
    if (missed !== undefined && missed.version > from) response.write(lineOf(missed))
    this.#streams.add(response)
    this.mostStreams = Math.max(this.mostStreams, this.#streams.size)
    response.once('close', () => this.#streams.delete(response))
  }

  async #createEvent(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    this.asked.push({ kind: 'event', query: new URLSearchParams() })
    if (this.mood === 'forbids') return refuse(response, 403, 'events is forbidden')
    this.events.push(JSON.parse(Buffer.concat(chunks).toString()) as CreatedEvent)
    response.writeHead(201, { 'Content-Type': 'application/json' }).end('{}')
  }

  #configMap(data: Readonly<Record<string, string>>): object {
    const metadata = {
      name: 'hpdummy',
      namespace: 'load',
      uid: 'the-uid',
      resourceVersion: String(this.#version),
    }
    return { kind: 'ConfigMap', apiVersion: 'v1', metadata, data }
  }

  #say(event: { readonly type: string; readonly object: object }): void {
    for (const stream of this.#streams) stream.write(lineOf(event))
  }
}

function lineOf({ type, object }: { readonly type: string; readonly object: object }): string {
  return `${JSON.stringify({ type, object })}\n`
}

function statusOf(code: number, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }
}

function refuse(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(statusOf(code, message)))
}
