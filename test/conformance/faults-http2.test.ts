// Faults over HTTP/2 on the wire listener: the stream suffers, and the connection only where the fault says so.
import assert from 'node:assert/strict'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { test } from 'node:test'

import { useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'

const origin = useOrigin()

interface Answered {
  readonly status: number | undefined
  readonly length: string | undefined
  readonly bytes: number
  readonly code: number | undefined
}

async function exchange(session: ClientHttp2Session, path: string): Promise<Answered> {
  const stream = session.request({ ':path': path })
  let [bytes, status, length] = [
    0,
    undefined as number | undefined,
    undefined as string | undefined,
  ]
  stream.once('response', (headers) => {
    status = headers[':status']
    length = headers['content-length']
  })
  stream.on('data', (piece: Buffer) => (bytes += piece.length))
  stream.on('error', () => {})
  await within(path, new Promise<void>((resolve) => stream.once('close', resolve)))
  return { status, length, bytes, code: stream.rstCode }
}

async function withSession(use: (session: ClientHttp2Session) => Promise<void>): Promise<void> {
  const session = connectHttp2(`http://127.0.0.1:${origin().ports.wire}`)
  session.on('error', () => {})
  try {
    await use(session)
  } finally {
    session.close()
  }
}

test('RST_STREAM ends the stream in the place of the answer, and other streams go on', async () => {
  await withSession(async (session) => {
    const answers = await Promise.all([
      exchange(session, '/delay/50'),
      exchange(session, '/bin/100?hp-fault=rst-stream=8'),
      exchange(session, '/bin/100?hp-fault=rst-stream'),
      exchange(session, '/bin/100?hp-fault=reset@headers'),
      exchange(session, '/bin/100?hp-fault=no-answer'),
      exchange(session, '/bin/100?hp-fault=reset@40'),
    ])
    assert.deepEqual(
      answers.map(({ status, bytes, code }) => [status, bytes > 50 ? 'more' : bytes, code]),
      [
        [200, 'more', 0],
        [undefined, 0, 8],
        [undefined, 0, 2],
        [undefined, 0, 2],
        [undefined, 0, 2],
        [200, 40, 2],
      ],
    )
  })
})

test('Content-Length is other than the body, which a client has to find malformed', async () => {
  await withSession(async (session) => {
    const [fewer, more] = await Promise.all([
      exchange(session, '/bin/100?hp-fault=cl=-10'),
      exchange(session, '/bin/100?hp-fault=cl=+10'),
    ])
    assert.deepEqual([fewer.length, more.length], ['90', '110'])
    assert.ok(fewer.code !== 0 && more.code !== 0, 'the client took the answer for whole')
  })
})

test('GOAWAY goes out with the answer, and streams that are open go on', async () => {
  await withSession(async (session) => {
    const goaway = new Promise<number>((resolve) => session.once('goaway', resolve))
    const slow = exchange(session, '/delay/200')
    const answer = await exchange(session, '/bin/100?hp-fault=goaway')
    assert.deepEqual([answer.status, answer.bytes, answer.code], [200, 100, 0])
    assert.equal(await within('GOAWAY', goaway), 0)
    assert.equal((await slow).status, 200)
  })
})

test('what is HTTP/1.1 alone is refused', async () => {
  await withSession(async (session) => {
    for (const fault of [
      'half-close',
      'slow-close=1s',
      'garbage-after=1',
      'status-line=garbage',
      'chunk=badsize',
    ]) {
      assert.equal((await exchange(session, `/bin/100?hp-fault=${fault}`)).status, 501, fault)
    }
  })
})
