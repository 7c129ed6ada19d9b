import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'

import { destroyBetweenReads } from '../../../../app/listeners/http/http2-session.ts'
import { post, preface } from '../../../support/http2-bytes.ts'

test('a session that one stream destroys outlives the other streams of the same piece', async (t) => {
  const server = createServer()
  t.after(() => server.close())
  let streams = 0
  server.on('session', destroyBetweenReads)
  server.on('stream', (stream) => {
    streams++
    stream.on('error', () => {})
    stream.session?.destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const closed = once(client, 'close')
  const request = { body: Buffer.alloc(10), isEnded: true }
  const requests = [0, 1, 2, 3].map((place) => post(place, { ':path': '/' }, request))
  client.write(Buffer.concat([preface(), ...requests]))
  client.resume()
  await closed
  assert.equal(streams, 4)
})
