import assert from 'node:assert/strict'
import { type ClientHttp2Session, connect } from 'node:http2'
import { test } from 'node:test'

import { inPhase } from '../support/drain-log.ts'
import { emptyMessage } from '../support/grpc-raw.ts'
import { startOrigin } from '../support/origin.ts'
import { portOf } from '../support/tls-files.ts'
import { pause, until, within } from '../support/wait.ts'

/** One client as gRPC's are: calls one after the other, on a new connection when told to leave the old one. */
class Caller {
  calls = 0
  readonly failures: string[] = []
  readonly #port: number
  #session: ClientHttp2Session
  #isOver = false

  constructor(port: number) {
    this.#port = port
    this.#session = this.#connect()
  }

  /** After the call that is under way. */
  stop(): void {
    this.#isOver = true
  }

  /** Calls until stopped; a stream that was refused was not looked at, and is called again (RFC 9113 8.7). */
  async run(): Promise<void> {
    while (!this.#isOver) {
      if (this.#session.closed || this.#session.destroyed) this.#session = this.#connect()
      const outcome = await this.#call()
      if (outcome === 'NGHTTP2_REFUSED_STREAM') continue
      this.calls++
      if (outcome !== '0') this.failures.push(outcome)
      await pause(2)
    }
  }

  #connect(): ClientHttp2Session {
    const session = connect(`http://127.0.0.1:${this.#port}`)
    session.on('error', () => {})
    return session
  }

  #call(): Promise<string> {
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': '/hpdummy.v1.Origin/Unary',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    return new Promise((resolve) => {
      let outcome = 'no status'
      stream.on('trailers', (headers) => {
        outcome = String(headers['grpc-status'])
      })
      stream.on('error', ({ message }) => {
        outcome = /NGHTTP2_REFUSED_STREAM/.exec(message)?.[0] ?? message
      })
      stream.resume()
      stream.on('close', () => resolve(outcome))
      stream.end(emptyMessage)
    })
  }
}

test('no call fails while the origin sends clients away and accepts new ones', async (t) => {
  const origin = await startOrigin(t, {
    workers: 2,
    // Clients that come back all the time leave no quiet; the port stays open for the whole notice.
    'drain.quiet': '300ms',
    'drain.notice': '5s',
  })
  const port = portOf(origin, 'grpc')
  const callers = Array.from({ length: 12 }, () => new Caller(port))
  const runs = callers.map((caller) => caller.run())
  await until('every client has called', () => callers.every(({ calls }) => calls > 5))
  const before = callers.map(({ calls }) => calls)
  origin.signal('SIGTERM')
  await origin.waitForLog(inPhase('notice'))
  await until('every client was served while the origin was leaving', () =>
    callers.every(({ calls }, index) => calls > (before[index] ?? 0) + 10),
  )
  for (const caller of callers) caller.stop()
  await within('the last answers', Promise.all(runs))
  assert.deepEqual(
    callers.flatMap(({ failures }) => failures),
    [],
  )
  assert.equal(await within('the end of the origin', origin.exited), 0)
})

test('an idle stream is cut at the deadline of the drain, not before', async (t) => {
  const origin = await startOrigin(t, { 'drain.notice': '200ms', 'drain.deadline': '900ms' })
  const session = connect(`http://127.0.0.1:${portOf(origin, 'grpc')}`)
  session.on('error', () => {})
  const stream = session.request({
    ':method': 'POST',
    ':path': '/echo.EchoService/StreamEcho',
    'content-type': 'application/grpc',
  })
  stream.on('error', () => {})
  stream.write(emptyMessage)
  await within('an answer', new Promise((resolve) => stream.once('data', resolve)))
  const closed = new Promise((resolve) => stream.once('close', resolve))
  const started = performance.now()
  origin.signal('SIGTERM')
  await within('the end of the stream', closed)
  const took = performance.now() - started
  assert.ok(took >= 850, `cut after ${took} ms`)
  assert.equal(await within('the end of the origin', origin.exited), 0)
})
