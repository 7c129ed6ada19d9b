// Faults on a connection of HTTP/1.1 that is idle: it ends at the wrong moment, or after a time.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ask } from '../support/ask.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'
import { patternText } from '../support/whole-exchange.ts'

const pattern = patternText(100)
const origin = useOrigin()

for (const by of ['fin', 'rst'] as const) {
  test(`keep-alive-race=${by}: the first byte of the next request ends the connection`, async () => {
    const connection = await RawConnection.open(`http://127.0.0.1:${origin().ports.wire}`)
    connection.send(rawRequest(`GET /bin/100?hp-fault=keep-alive-race=${by}`))
    assert.equal((await connection.answer()).body.toString(), pattern)
    // It stays open for as long as nothing comes.
    assert.equal((await ask(`http://127.0.0.1:${origin().ports.wire}`, '/delay/50')).status, 200)
    assert.equal(connection.socket.readable, true)
    const ended = new Promise<string>((resolve) => {
      connection.socket.once('error', ({ message }) => resolve(message))
      connection.socket.once('end', () => resolve('end'))
    })
    connection.send('P')
    const how = await within('the end of the connection', ended)
    assert.match(how, by === 'rst' ? /ECONNRESET/ : /end/)
    connection.leave()
  })
}

test('idle-close: a request that comes in time is answered, and the connection is no longer ended', async () => {
  const connection = await RawConnection.open(`http://127.0.0.1:${origin().ports.wire}`)
  connection.send(rawRequest('GET /bin/100?hp-fault=idle-close=400ms'))
  assert.equal((await connection.answer()).body.toString(), pattern)
  connection.send(rawRequest('GET /delay/800'))
  assert.equal((await connection.answer()).status, 200)
  connection.send(rawRequest('GET /bin/100'))
  assert.equal((await connection.answer()).body.toString(), pattern)
  // Others that were sent before the answer was out are answered, too.
  const asked = rawRequest('GET /delay/1?hp-fault=idle-close=1ms')
  connection.send(asked + rawRequest('GET /delay/300') + rawRequest('GET /bin/100'))
  for (const body of [undefined, undefined, pattern]) {
    const answer = await connection.answer()
    assert.equal(answer.status, 200)
    if (body !== undefined) assert.equal(answer.body.toString(), body)
  }
  connection.leave()
})
