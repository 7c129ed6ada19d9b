import assert from 'node:assert/strict'
import { createServer } from 'node:http2'
import { test } from 'node:test'

import { Server, ServerCredentials } from '@grpc/grpc-js'

import { clampTimeout, http2ServerOf } from '../../../../app/listeners/grpc/library.ts'

test('the HTTP/2 server of the version we use is found', () => {
  const server = new Server({ 'grpc.enable_channelz': 0 })
  server.createConnectionInjector(ServerCredentials.createInsecure())
  assert.equal(typeof http2ServerOf(server).prependListener, 'function')
  server.forceShutdown()
})

// Other shapes than the one we know: none, another kind, an empty one, one too many, no server in it.
for (const http2Servers of [
  undefined,
  new Set([createServer()]),
  new Map(),
  new Map([
    [createServer(), {}],
    [createServer(), {}],
  ]),
  new Map([['server', {}]]),
]) {
  test(`a package of another shape is refused: ${typeof http2Servers} ${http2Servers?.size}`, () => {
    const server = { http2Servers } as unknown as Server
    assert.throws(() => http2ServerOf(server), /keeps its HTTP\/2 server elsewhere/)
  })
}

for (const [given, kept] of [
  ['50m', '50m'],
  ['2147483647m', '2147483647m'],
  ['596H', '596H'],
  ['597H', '2147483S'],
  ['99999999H', '2147483S'],
  ['2147483S', '2147483S'],
  ['2147484S', '2147483S'],
  ['99999999n', '99999999n'],
  ['soon', 'soon'],
] as const) {
  test(`a timeout of ${given} is handed on as ${kept}`, () => {
    const headers = { 'grpc-timeout': given }
    clampTimeout(headers)
    assert.equal(headers['grpc-timeout'], kept)
  })
}

test('a request without a timeout does not get one', () => {
  const headers = {}
  clampTimeout(headers)
  assert.deepEqual(headers, {})
})
