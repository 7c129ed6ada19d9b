// Clients that leave while nothing is read from them.
import { suite, test } from 'node:test'

import { rawRequest } from '../support/raw.ts'
import { allFreed, readActivity } from '../support/shared-origin.ts'
import { until } from '../support/wait.ts'
import { useWire } from './wire-client.ts'

const { origin, open } = useWire()

const uploadBytes = 4 * 2 ** 20

suite('a client that resets its connection is noticed', () => {
  for (const [what, bytes, active] of [
    // More than is read at once, so that the reset comes after bytes that nobody takes.
    [
      'after 20,000 pipelined requests that wait',
      rawRequest('GET /delay/600000').repeat(20_000),
      100,
    ],
    [
      'while its body is read slowly',
      rawRequest('POST /delay/0/600000', {
        headers: [`Content-Length: ${uploadBytes}`],
        body: 'x'.repeat(uploadBytes),
      }),
      1,
    ],
  ] as const) {
    test(what, async () => {
      const connection = await open()
      connection.socket.pause()
      connection.send(bytes)
      await until('the requests', () => readActivity(origin()), {
        holds: ({ requests }) => requests >= active,
      })
      connection.socket.resetAndDestroy()
      await allFreed(origin())
    })
  }
})
