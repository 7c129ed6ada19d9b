// A worker that is replaced sends its clients away, but the origin serves on: whoever asks for health asks for the origin's.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { framed } from '../support/grpc-raw.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { connectTo, headerOf, rawRequest } from '../support/raw.ts'
import { until, within } from '../support/wait.ts'

/** An origin, and how to have its worker replaced: resolves when the old one is on its way out. */
async function startReplaceable(
  t: TestContext,
): Promise<{ readonly origin: TestOrigin; readonly replace: () => Promise<void> }> {
  const directory = createDirectory(t)
  const write = (size: string): void =>
    writeFileSync(join(directory, 'app.json'), JSON.stringify({ 'buffer.size': size }))
  write('256K')
  const origin = await startOrigin(t, {
    config: directory,
    'drain.quiet': '3s',
    'drain.notice': '3s',
  })
  const isReplaced = async (): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${origin.ports.admin}/configz`)
    const { workers } = (await answer.json()) as {
      readonly workers: readonly { readonly isLeaving: boolean }[]
    }
    return workers.some(({ isLeaving }) => isLeaving)
  }
  const replace = async (): Promise<void> => {
    write('64K')
    await until('a worker leaves', isReplaced)
  }
  return { origin, replace }
}

async function grpcHealth(port: number): Promise<Buffer> {
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    stream.end(framed(new Uint8Array(0)))
    const pieces: Buffer[] = []
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    const ended = new Promise((resolve) => stream.on('close', resolve).on('error', () => {}))
    await within('health over gRPC', ended)
    return Buffer.concat(pieces)
  } finally {
    session.destroy()
  }
}

// HealthCheckResponse { status: SERVING } (grpc/health/v1/health.proto).
const serving = framed(Uint8Array.of(8, 1))

test('a worker on its way out answers /health for the process, and ends the connection', async (t) => {
  const { origin, replace } = await startReplaceable(t)
  const old = [connectTo(t, origin), connectTo(t, origin, 'wire')]
  for (const connection of old) {
    connection.send(rawRequest('GET /health'))
    assert.equal((await connection.answer()).status, 200)
  }
  await replace()
  for (const connection of old) {
    connection.send(rawRequest('GET /health?verbose=1'))
    const answer = await connection.answer()
    assert.equal(answer.status, 200)
    assert.equal((jsonOf(answer)['checks'] as { readonly accepting: string }).accepting, 'ok')
    assert.equal(headerOf(answer, 'connection')?.toLowerCase(), 'close', 'the old worker answered')
  }
})

test('health over gRPC is SERVING while a worker is replaced', async (t) => {
  const { origin, replace } = await startReplaceable(t)
  // A worker makes its gRPC server for the first call.
  assert.deepEqual(await grpcHealth(origin.ports.grpc), serving)
  await replace()
  // The kernel spreads them: some arrive at the worker that leaves.
  const answers = await Promise.all(Array.from({ length: 24 }, () => grpcHealth(origin.ports.grpc)))
  for (const answer of answers) assert.deepEqual(answer, serving)
})
