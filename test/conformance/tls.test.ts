import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from 'node:tls'

import { type Answer, type Question, ask, jsonOf } from '../support/ask.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { allFreed, useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'
import { openWs } from './ws-client.ts'

const origin = useOrigin({ 'tls.selfSigned': true })

// The certificate is made at start, so there is nobody who could have signed it.
const anyCertificate = { rejectUnauthorized: false }

function port(): number {
  const { https } = origin().ports
  if (https === undefined) throw new Error('there is no https port')
  return https
}

function askTls(path: string, question?: Question): Promise<Answer> {
  return ask(`https://127.0.0.1:${port()}`, path, question)
}

test('the echo says https, and the port it came to', async () => {
  const { status, body } = await askTls('/secret?x=1', { method: 'POST', body: 'psst' })
  const json = jsonOf({ body })
  assert.equal(status, 200)
  assert.equal(json['uri'], `https://127.0.0.1:${port()}/secret?x=1`)
  assert.deepEqual([json['body'], json['destination_addr']], ['psst', `127.0.0.1:${port()}`])
})

for (const [path, bytes] of [
  ['/bin/37', 37],
  ['/bin/64K', 65_536],
  ['/bin/5M', 5 * 2 ** 20],
  ['/bin/5M?chunked=true', 5 * 2 ** 20],
  ['/drip?bytes=3M&duration=20ms', 3 * 2 ** 20],
] as const) {
  test(`${path} is byte for byte the same as without TLS`, async () => {
    assert.ok((await askTls(path)).body.equals(alphabetBytes(0, bytes)))
  })
}

test('an upload of 20 MB arrives intact', async () => {
  const body = alphabetBytes(0, 20_000_000)
  const answer = await askTls('/upload?seed=0', { method: 'POST', body })
  const json = jsonOf(answer)
  assert.deepEqual([json['bytes_received'], json['first_bad_offset']], [body.length, -1])
})

test('a WebSocket echoes 16 MiB', async () => {
  const url = `https://127.0.0.1:${port()}/ws`
  const { socket, next } = await openWs(url, anyCertificate)
  const bytes = alphabetBytes(0, 16 * 2 ** 20)
  socket.send(bytes)
  assert.ok((await next()).bytes.equals(bytes))
  socket.terminate()
})

test('a client without TLS is cut, and the clear port still works', async () => {
  const wrong = connect({ host: '127.0.0.1', port: Number(new URL(origin().url).port) })
  wrong.on('error', () => {})
  await within('the end of a TLS hello', new Promise((resolve) => wrong.once('close', resolve)))
  await assert.rejects(fetch(`http://127.0.0.1:${port()}/health`))
  assert.equal(
    (await fetch(`${origin().url}/health`, { headers: { connection: 'close' } })).status,
    200,
  )
})

test('nothing of this is left open', () => allFreed(origin()))
