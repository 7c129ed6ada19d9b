import { once } from 'node:events'
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { Client, Metadata, credentials, status } from '@grpc/grpc-js'
import { WebSocket } from 'ws'

import type { TestOrigin } from '../support/origin.ts'
import { within } from '../support/wait.ts'

/** What the clients of one kind saw. */
export interface Served {
  /** Milliseconds of each right answer. */
  readonly ms: number[]
  /** Answers that the origin has no room for what the client sent (503 or its like). */
  refused: number
  readonly lost: string[]
}

/** A refusal for want of memory, which is no loss of a client that sent a body. */
class Overloaded extends Error {}

const thinkMs = 15
const patienceMs = 10_000
const echoed = 'e'.repeat(1024)

/** Clients that do nothing wrong, on every listener, one request at a time each. */
export class GoodLoad {
  readonly served = new Map<string, Served>()
  readonly #runs: Promise<void>[] = []
  #isStopping = false

  constructor({ ports }: TestOrigin) {
    for (const [name, port] of [
      ['fast', ports.http],
      ['wire', ports.wire],
    ] as const) {
      this.#run(`${name} GET`, getter(port, new Agent({ keepAlive: true, maxSockets: 1 })))
      this.#run(`${name} GET, churning`, getter(port, false))
      this.#run(`${name} echo`, poster(port))
      this.#run(`${name} WebSocket`, talker(port))
    }
    this.#run('gRPC', caller(ports.grpc))
  }

  /** Lets the requests under way end. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#runs)
  }

  get lost(): readonly string[] {
    return [...this.served].flatMap(([kind, { lost }]) => lost.map((why) => `${kind}: ${why}`))
  }

  #run(kind: string, { ask, end }: Asker): void {
    const served: Served = { ms: [], refused: 0, lost: [] }
    this.served.set(kind, served)
    const loop = async (): Promise<void> => {
      while (!this.#isStopping) {
        const at = performance.now()
        try {
          await within(`an answer to ${kind}`, ask(), { ms: patienceMs })
          served.ms.push(performance.now() - at)
        } catch (error) {
          if (error instanceof Overloaded) served.refused++
          else served.lost.push(String(error))
        }
        await sleep(thinkMs)
      }
      end()
    }
    this.#runs.push(loop())
  }
}

/** Of sorted or unsorted milliseconds, the one that `share` of them are not above. */
export function quantile(ms: readonly number[], share: number): number {
  const sorted = ms.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

interface Asker {
  readonly ask: () => Promise<void>
  readonly end: () => void
}

function getter(port: number, agent: Agent | false): Asker {
  const ask = async (): Promise<void> => {
    const body = await exchangeWith({ port, path: '/bin/1K', agent })
    if (body.length !== 1024) throw new Error(`${body.length} bytes`)
  }
  return { ask, end: () => agent && agent.destroy() }
}

function poster(port: number): Asker {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = async (): Promise<void> => {
    const answer = await exchangeWith({ port, path: '/', method: 'POST', agent }, echoed)
    const { body } = JSON.parse(answer.toString()) as { readonly body: string }
    if (body !== echoed) throw new Error('another body')
  }
  return { ask, end: () => agent.destroy() }
}

async function exchangeWith(options: RequestOptions, body = ''): Promise<Buffer> {
  const headers = body === '' ? {} : { 'Content-Length': body.length }
  const sent = request({ host: '127.0.0.1', headers, ...options })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const pieces: Buffer[] = []
  for await (const piece of response) pieces.push(piece as Buffer)
  const whole = Buffer.concat(pieces)
  if (response.statusCode === 503 && whole.includes('SERVICE_OVERLOADED')) throw new Overloaded()
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${whole.toString()}`)
  return whole
}

function talker(port: number): Asker {
  let socket: WebSocket | undefined
  const ask = async (): Promise<void> => {
    if (socket?.readyState !== WebSocket.OPEN) {
      socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false })
      await once(socket, 'open')
      socket.on('error', () => {})
    }
    const [message] = await say(socket, echoed)
    if (String(message) !== echoed) throw new Error('another message')
  }
  return { ask, end: () => socket?.terminate() }
}

function say(socket: WebSocket, message: string): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const closed = (code: number): void => {
      reject(code === 1013 ? new Overloaded() : new Error(`closed with ${code}`))
    }
    socket.once('close', closed)
    socket.once('message', (data) => {
      socket.off('close', closed)
      resolve([data])
    })
    socket.send(message)
  })
}

function same(bytes: Buffer): Buffer {
  return bytes
}

function caller(port: number): Asker {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  // UnaryRequest{payload: "eee"}
  const asked = Buffer.from('1a03656565', 'hex')
  const ask = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const path = '/hpdummy.v1.Origin/Unary'
      client.makeUnaryRequest(path, same, same, asked, new Metadata(), (error) => {
        if (error === null) resolve()
        else reject(error.code === status.RESOURCE_EXHAUSTED ? new Overloaded() : error)
      })
    })
  return { ask, end: () => client.close() }
}
