import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { TestContext } from 'node:test'

import { WebSocket } from 'ws'

import { type Question, ask, jsonOf } from '../support/ask.ts'
import { alphabetBytes, sha256 } from '../support/payloads.ts'
import { within } from '../support/wait.ts'

/**
 * Passed on, left out, or mistaken for something else by a proxy that does not know such answers: `broken` is
 * a 503 or half an answer. Another version of it may do better, which is `unknown`.
 */
export type Fate = 'passed' | 'dropped' | 'broken' | 'unanswered' | 'unknown'

/** A proxy in front of the origin, and what it is known to do to what passes. */
export interface Passage {
  readonly port: number
  /** What the origin is spoken to with, as its echo says: 1.0, 1.1 or 2.0. */
  readonly version: string
  /** Whether WebSockets pass. */
  readonly passesWebSocket: boolean
  /** What becomes of 103; a proxy may keep it (RFC 8297 2). */
  readonly hints: Fate
  /** What becomes of trailers; a proxy may drop them (RFC 9110 6.5.1). */
  readonly trailers: Fate
  /** Of an upload with Content-Length; 20 MiB where nothing else is said. */
  readonly sizedBytes?: number
}

/** In bytes. */
export const megabyte = 2 ** 20

/** The same requests for every proxy: what went in must be what the origin saw, and the other way round. */
export async function checkPassage(t: TestContext, passage: Passage): Promise<void> {
  await checkRequests(t, passage)
  await checkStatuses(t, passage)
  await checkBodies(t, passage)
  await checkRarer(t, passage)
}

// Enough for a body to be many pieces.
const pieceBytes = 100_000

function inPieces(bytes: Buffer): readonly Buffer[] {
  const count = Math.ceil(bytes.length / pieceBytes)
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  )
}

async function checkRequests(t: TestContext, { port, version }: Passage): Promise<void> {
  await t.test(`GET reaches the origin as HTTP/${version}`, async () => {
    const headers = { 'X-Own': 'kept', Host: 'origin.example' }
    const { status, body } = await ask(port, '/a%20b?c=d&c=e', { headers })
    const got = jsonOf(body)
    assert.deepEqual(
      [status, got['method'], got['path'], got['query'], got['http_version'], got['listener']],
      [200, 'GET', '/a%20b', 'c=d&c=e', version, 'wire'],
    )
    assert.equal((got['headers'] as Record<string, unknown>)['x-own'], 'kept')
  })

  await t.test('POST brings its body', async () => {
    const { body } = await ask(port, '/', { method: 'POST', body: 'k=v' })
    const got = jsonOf(body)
    assert.deepEqual([got['method'], got['body'], got['body_size']], ['POST', 'k=v', 3])
  })

  await t.test('a chunked POST brings its body', async () => {
    const got = jsonOf(
      await ask(port, '/', { method: 'POST', body: inPieces(alphabetBytes(0, 250_000)) }),
    )
    assert.deepEqual([got['method'], got['body_size']], ['POST', 250_000])
  })

  await t.test('an upload that expects 100-continue is read', async () => {
    const headers = { Expect: '100-continue' }
    const body = alphabetBytes(0, megabyte)
    const { status, body: told } = await ask(port, '/upload', { method: 'PUT', headers, body })
    assert.deepEqual([status, jsonOf(told)['bytes_received']], [200, body.length])
  })

  await t.test('HEAD has the length and no body', async () => {
    const { status, headers, body } = await ask(port, '/bin/10M', { method: 'HEAD' })
    assert.deepEqual(
      [status, headers['content-length'], body.length],
      [200, String(10 * megabyte), 0],
    )
  })
}

async function checkStatuses(t: TestContext, { port }: Passage): Promise<void> {
  await t.test('statuses pass', async () => {
    for (const status of [201, 404, 417, 429, 500, 503]) {
      const answer = await ask(port, `/status/${status}`)
      assert.equal(answer.status, status)
      assert.equal(jsonOf(answer.body)['status_code'], status)
    }
  })

  await t.test('204 and 304 have no body', async () => {
    for (const status of [204, 304]) {
      const answer = await ask(port, `/status/${status}`)
      assert.deepEqual([answer.status, answer.body.length], [status, 0])
    }
  })

  await t.test('a range is a part of the whole', async () => {
    const headers = { Range: 'bytes=36000-36009' }
    const { status, body } = await ask(port, '/bin/1M', { headers })
    assert.deepEqual([status, body.toString()], [206, 'ABCDEFGHIJ'])
  })
}

async function checkBodies(
  t: TestContext,
  { port, sizedBytes = 20 * megabyte }: Passage,
): Promise<void> {
  await t.test('50 MiB arrive byte for byte', async () => {
    const { body } = await ask(port, '/bin/50M')
    assert.equal(sha256(body), sha256(alphabetBytes(0, 50 * megabyte)))
  })

  await t.test('a body of unknown length arrives whole', async () => {
    const { body } = await ask(port, '/bin/5M?chunked=true')
    assert.equal(sha256(body), sha256(alphabetBytes(0, 5 * megabyte)))
    const small = await ask(port, '/chunked/50?size=100')
    assert.equal(small.body.length, 5000)
  })

  for (const isChunked of [false, true]) {
    const bytes = isChunked ? 20 * megabyte : sizedBytes
    const what = `${bytes / megabyte} MiB, ${isChunked ? 'chunked' : 'sized'}`
    await t.test(`an upload of ${what}, arrives intact`, async () => {
      const whole = alphabetBytes(0, bytes)
      const body = isChunked ? inPieces(whole) : whole
      const target = '/upload?seed=0&digest=true'
      const told = jsonOf(await ask(port, target, { method: 'POST', body }))
      assert.deepEqual([told['bytes_received'], told['first_bad_offset']], [whole.length, -1])
      assert.equal(told['sha256'], sha256(whole))
    })
  }
}

async function checkRarer(t: TestContext, passage: Passage): Promise<void> {
  const { port, passesWebSocket, hints, trailers } = passage
  await t.test(`103: ${hints}`, { skip: hints === 'unknown' }, async () => {
    const target = '/early-hints?count=2'
    if (hints === 'unanswered') {
      await assert.rejects(ask(port, target, { ms: 1000 }), /not within/)
      return
    }
    if (hints === 'broken') return breaks(port, target)
    const { status, interim } = await ask(port, target)
    assert.equal(status, 200)
    assert.deepEqual(interim, hints === 'passed' ? [103, 103] : [])
  })

  await t.test(`trailers: ${trailers}`, { skip: trailers === 'unknown' }, async () => {
    const headers = { TE: 'trailers', Connection: 'TE' }
    const target = '/trailers?X-Sum=abc'
    if (trailers === 'broken') return breaks(port, target, { headers })
    const told = await ask(port, target, { headers })
    assert.deepEqual(
      [told.status, told.trailers['x-sum'], told.body.toString()],
      [200, trailers === 'passed' ? 'abc' : undefined, 'The trailers follow this line.\n'],
    )
  })

  if (!passesWebSocket) return
  await t.test('WebSocket messages come back, text and binary', () => echoes(port))
}

// Which of the two is a race between the proxy's reading and its sending.
async function breaks(port: number, target: string, question: Question = {}): Promise<void> {
  const status = await ask(port, target, question).then(
    (told) => told.status,
    (error: NodeJS.ErrnoException) => error.code,
  )
  assert.ok(status === 503 || status === 'ECONNRESET', String(status))
}

async function echoes(port: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/through`)
  await within('the handshake', once(socket, 'open'))
  for (const message of ['hello', Buffer.from([0, 255, 1]), 'x'.repeat(100_000)]) {
    socket.send(message)
    const echo = (await within('the echo', once(socket, 'message'))) as [Buffer, boolean]
    assert.ok(echo[0].equals(Buffer.from(message)))
    assert.equal(echo[1], typeof message !== 'string')
  }
  socket.close(1000)
  const [code] = (await within('the close', once(socket, 'close'))) as [number]
  assert.equal(code, 1000)
}
