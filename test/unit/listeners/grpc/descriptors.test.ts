import assert from 'node:assert/strict'
import { test } from 'node:test'

import { repairDescriptor } from '../../../../app/listeners/grpc/descriptors.ts'

/** A message's field `by_name` and the type of its entries, as protobufjs calls it. */
function mapOf(name: string): object {
  return {
    field: [{ name: 'by_name', typeName: name }],
    nestedType: [{ name, options: { mapEntry: true } }],
  }
}

test('entries of maps are named as protoc names them, at every depth', () => {
  const file = {
    messageType: [
      { name: 'Outer', ...mapOf('By_name') },
      { name: 'Deep', nestedType: [{ name: 'Inner', ...mapOf('By_name') }] },
    ],
  }
  repairDescriptor(file)
  const text = JSON.stringify(file)
  assert.equal(text.match(/ByNameEntry/g)?.length, 4)
  assert.ok(!text.includes('By_name'))
})

test('a message that only looks like an entry keeps its name', () => {
  const file = {
    messageType: [
      {
        name: 'A',
        field: [{ name: 'b', typeName: 'B' }],
        nestedType: [{ name: 'B', options: null }],
      },
    ],
  }
  const before = structuredClone(file)
  repairDescriptor(file)
  assert.deepEqual(file, before)
})

test('optional fields are marked, members of real oneofs are not', () => {
  const count: { name: string; oneofIndex: number; proto3Optional?: boolean } = {
    name: 'count',
    oneofIndex: 1,
  }
  const choice: { name: string; oneofIndex: number; proto3Optional?: boolean } = {
    name: 'left',
    oneofIndex: 0,
  }
  repairDescriptor({
    messageType: [
      { name: 'A', field: [choice, count], oneofDecl: [{ name: 'side' }, { name: '_count' }] },
    ],
  })
  assert.equal(count.proto3Optional, true)
  assert.equal(choice.proto3Optional, undefined)
})
