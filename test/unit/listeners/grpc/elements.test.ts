import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { MessageTypeDefinition } from '@grpc/proto-loader'
import * as fc from 'fast-check'

import {
  type CountElements,
  elementCounter,
  mostElements,
} from '../../../../app/listeners/grpc/elements.ts'
import { loadProtos } from '../../../../app/listeners/grpc/protos.ts'

const { types } = await loadProtos()

function counterOf(packageName: string, name: string): CountElements {
  return elementCounter(types, [packageName, name]) ?? assert.fail(`${name} has nothing to count`)
}

/** A message as the loader's own serializer writes it. */
function encode(name: string, message: object): Buffer {
  // A message's type, which the loader keeps beside services and enumerations.
  const found = types[name] as MessageTypeDefinition<object, object> | undefined
  return (found ?? assert.fail(`${name} is not there`)).serialize(message)
}

test('a type without repeated fields is not counted', () => {
  assert.equal(elementCounter(types, ['grpc.testing', 'SimpleRequest']), undefined)
  assert.equal(elementCounter(types, ['echo', 'EchoRequest']), undefined)
})

test('elements of a repeated field are counted, whatever is beside them', () => {
  const count = counterOf('grpc.testing', 'StreamingOutputCallRequest')
  const parameters = fc.array(fc.record({ size: fc.nat(), intervalUs: fc.nat() }), {
    maxLength: 50,
  })
  const bodies = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(parameters, bodies, fc.integer({ min: 0, max: 16 }), (all, body, code) => {
      const message = { responseParameters: all, payload: { body }, responseStatus: { code } }
      const bytes = encode('grpc.testing.StreamingOutputCallRequest', message)
      assert.equal(count(bytes), all.length)
    }),
  )
})

test('entries of maps within a message are counted', () => {
  const count = counterOf('hpdummy.v1', 'UnaryRequest')
  const manner = { delayMs: 2.5, headers: { a: '1', b: '2' }, trailers: { c: '3' } }
  const payload = Buffer.from('1200'.repeat(1000), 'hex')
  assert.equal(count(encode('hpdummy.v1.UnaryRequest', { manner, payload })), 3)
})

test('counting ends at the limit, and with any bytes', () => {
  const count = counterOf('grpc.testing', 'StreamingOutputCallRequest')
  assert.equal(count(Buffer.alloc(15 * 2 ** 20, Buffer.from('1200', 'hex'))), mostElements + 1)
  fc.assert(fc.property(fc.uint8Array(), (bytes) => count(bytes) <= mostElements + 1))
})
