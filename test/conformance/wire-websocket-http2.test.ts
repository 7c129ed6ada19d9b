import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2'
import { suite, test } from 'node:test'

import { alphabetBytes } from '../support/payloads.ts'
import { allFreed } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'
import { useWire } from './wire-client.ts'
import { type Fields, askHttp2, openHttp2 } from './wire-http2-client.ts'
import { frameBytes } from './ws-client.ts'

const { origin, url } = useWire()

const messageLimit = 16 * 2 ** 20

/** A WebSocket on a stream (RFC 8441), whose frames are read byte by byte. */
interface StreamWs {
  readonly stream: ClientHttp2Stream
  readonly fields: Fields
  readonly take: (bytes: number) => Promise<Buffer>
}

/** Asks for a WebSocket and waits for the answer, whatever it is. */
async function connectWs(
  session: ClientHttp2Session,
  path: string,
  more: Readonly<Record<string, string>> = {},
): Promise<StreamWs> {
  const asked = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': path }
  const stream = session.request({ ...asked, 'sec-websocket-version': '13', ...more })
  const state = { pieces: [] as Buffer[], held: 0, wake: () => {} }
  stream.on('error', () => {})
  stream.on('data', (piece: Buffer) => {
    state.pieces.push(piece)
    state.held += piece.length
    state.wake()
  })
  const take = async (bytes: number): Promise<Buffer> => {
    while (state.held < bytes) {
      const woken = new Promise<void>((resolve) => (state.wake = resolve))
      await within(`${bytes - state.held} more bytes`, woken)
    }
    const whole = Buffer.concat(state.pieces)
    state.pieces = [whole.subarray(bytes)]
    state.held -= bytes
    return whole.subarray(0, bytes)
  }
  const [fields] = (await within('the answer', once(stream, 'response'))) as [Fields]
  return { stream, fields, take }
}

suite('over HTTP/2', { concurrency: 4 }, () => {
  test('messages come back, and a close is answered', async () => {
    const session = await openHttp2(url())
    const chat = { 'sec-websocket-protocol': 'chat' }
    const { stream, fields, take } = await connectWs(session, '/ws', chat)
    assert.deepEqual([fields[':status'], fields['sec-websocket-protocol']], [200, 'chat'])
    stream.write(frameBytes({ opcode: 1, payload: Buffer.from('hello') }))
    assert.equal((await take(7)).toString('latin1'), '\x81\x05hello')
    stream.write(frameBytes({ opcode: 2, payload: alphabetBytes(0, 100_000) }))
    assert.ok((await take(100_010)).subarray(10).equals(alphabetBytes(0, 100_000)))
    // The rest of the session goes on beside it.
    assert.equal((await askHttp2(session, { ':path': '/health' })).status, 200)
    const over = new Promise((resolve) => stream.once('close', resolve))
    stream.write(frameBytes({ opcode: 8, payload: Buffer.from([0x03, 0xe8]) }))
    assert.deepEqual(await take(4), Buffer.from([0x88, 2, 0x03, 0xe8]))
    stream.resume()
    stream.end()
    await within('the end of the stream', over)
    assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR)
    session.destroy()
  })

  test('16 MiB come back whole', async () => {
    const session = await openHttp2(url())
    const { stream, take } = await connectWs(session, '/ws')
    stream.write(frameBytes({ opcode: 2, payload: alphabetBytes(0, messageLimit) }))
    const message = await take(messageLimit + 10)
    assert.ok(message.subarray(10).equals(alphabetBytes(0, messageLimit)))
    session.destroy()
  })

  for (const [path, more, status] of [
    ['/elsewhere', {}, 400],
    ['/ws/push?count=x', {}, 400],
    ['/ws', { 'sec-websocket-version': '8' }, 400],
  ] as const) {
    test(`${path} ${JSON.stringify(more)} is ${status}`, async () => {
      const session = await openHttp2(url())
      const { fields } = await connectWs(session, path, more)
      assert.equal(fields[':status'], status)
      session.destroy()
    })
  }

  test('/ws/close/4001 closes with it, /ws/push pushes', async () => {
    const session = await openHttp2(url())
    const closing = await connectWs(session, '/ws/close/4001')
    closing.stream.write(frameBytes({ opcode: 1, payload: Buffer.from('x') }))
    await closing.take(2 + 'Server received: x'.length)
    assert.equal((await closing.take(4)).readUInt16BE(2), 4001)
    const pushing = await connectWs(session, '/ws/push?count=2&interval=1')
    const head = await pushing.take(2)
    assert.match((await pushing.take(Number(head[1]))).toString(), /"seq":1/)
    session.destroy()
  })

  test('a reset frees it', async () => {
    const session = await openHttp2(url())
    const { stream } = await connectWs(session, '/ws/push?count=0&interval=1')
    stream.close(constants.NGHTTP2_CANCEL)
    await within('the end of the stream', new Promise((resolve) => stream.once('close', resolve)))
    assert.equal((await askHttp2(session, { ':path': '/health' })).status, 200)
    session.destroy()
  })
})

test('nothing is held when all clients have left', () => allFreed(origin()))
