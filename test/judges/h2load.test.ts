// h2load counts what came back of many streams, on the wire and gRPC listeners.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { createDirectory, run } from '../support/programs.ts'
import { portOf } from '../support/tls-files.ts'
import { toolPath, without } from '../support/tools.ts'

interface Load {
  readonly url: string
  readonly words: readonly string[]
  readonly requests: number
  /** What it must have agreed on. */
  readonly protocol: 'h2c' | 'h2' | 'http/1.1'
  /** Of each answer's body. */
  readonly bytes: number
}

/** Runs it; every request is to succeed with 2xx and so many bytes. */
async function load(
  t: TestContext,
  { url, words, requests, protocol, bytes }: Load,
): Promise<void> {
  const usual = ['-n', String(requests), '-c', '10', '-t', '1']
  const { code, stdout, stderr } = await run(toolPath('h2load'), [...usual, ...words, url])
  const text = stdout.toString()
  assert.equal(code, 0, `${text}${stderr}`)
  assert.match(text, new RegExp(`^Application protocol: ${protocol}$`, 'm'))
  const all = `${requests} total, ${requests} started, ${requests} done, ${requests} succeeded`
  assert.match(text, new RegExp(`^requests: ${all}, 0 failed, 0 errored, 0 timeout$`, 'm'))
  assert.match(text, new RegExp(`^status codes: ${requests} 2xx, 0 3xx, 0 4xx, 0 5xx$`, 'm'))
  assert.equal(/\((\d+)\) data$/m.exec(text)?.[1], String(requests * bytes))
  t.diagnostic(`${words.slice(0, 2).join(' ')} ${/[\d.]+ req\/s/.exec(text)?.[0]}`)
}

/** A unary message as gRPC frames it: not compressed, its length, itself. */
function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** A field of protobuf that holds a number, and one that holds bytes (fewer than 128). */
const numberField = (field: number, value: number): Buffer => Buffer.from([field << 3, value])
const bytesField = (field: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(field << 3) | 2, bytes.length]), bytes])

suite('h2load', { skip: without('h2load') }, () => {
  test('loses nothing on the wire listener', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true })
    const clear = `http://127.0.0.1:${origin.ports.wire}`
    const tls = `https://127.0.0.1:${portOf(origin, 'wireTls')}`
    const [many, few] = [
      { requests: 5000, bytes: 1024 },
      { requests: 200, bytes: 2 ** 20 },
    ]
    const streams = ['-m', '50']
    await load(t, { ...many, url: `${clear}/bin/1K`, words: streams, protocol: 'h2c' })
    await load(t, { ...many, url: `${tls}/bin/1K`, words: streams, protocol: 'h2' })
    await load(t, { ...many, url: `${clear}/bin/1K`, words: ['--h1'], protocol: 'http/1.1' })
    // Pipelined.
    await load(t, {
      ...many,
      url: `${clear}/bin/1K`,
      words: ['--h1', '-m', '8'],
      protocol: 'http/1.1',
    })
    await load(t, { ...few, url: `${clear}/bin/1M`, words: ['-m', '10'], protocol: 'h2c' })
    await load(t, {
      ...few,
      url: `${tls}/bin/1M?chunked=true`,
      words: ['-m', '10'],
      protocol: 'h2',
    })
  })

  test('uploads on many streams', async (t) => {
    const origin = await startOrigin(t)
    const file = join(createDirectory(t), 'upload')
    writeFileSync(file, 'x'.repeat(100_000))
    const url = `http://127.0.0.1:${origin.ports.wire}/status/204`
    const words = ['-m', '10', '-d', file]
    await load(t, { url, words, requests: 1000, protocol: 'h2c', bytes: 0 })
  })

  test('calls a unary method of gRPC, in clear and over TLS', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true })
    const file = join(createDirectory(t), 'request')
    // grpc.testing.SimpleRequest: response_size (2) is 100, payload (3) has a body (2). SimpleResponse:
    // payload (1), hostname (6).
    const payload = bytesField(3, bytesField(2, Buffer.from('hello')))
    writeFileSync(file, frame(Buffer.concat([numberField(2, 100), payload])))
    const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers']
    const words = ['-m', '20', '-d', file, ...headers]
    const response = frame(
      Buffer.concat([
        bytesField(1, bytesField(2, Buffer.alloc(100))),
        bytesField(6, Buffer.from(hostname())),
      ]),
    )
    const call = { words, requests: 2000, bytes: response.length }
    const path = '/grpc.testing.TestService/UnaryCall'
    const clear = `http://127.0.0.1:${origin.ports.grpc}${path}`
    const tls = `https://127.0.0.1:${portOf(origin, 'grpcTls')}${path}`
    await load(t, { ...call, url: clear, protocol: 'h2c' })
    await load(t, { ...call, url: tls, protocol: 'h2' })
  })
})
