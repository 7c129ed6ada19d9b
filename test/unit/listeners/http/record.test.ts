import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import {
  ExchangeRecord,
  type Recorded,
  createPlaces,
} from '../../../../app/listeners/http/record.ts'
import { createSlabMemory } from '../../../../app/telemetry/slab-layout.ts'
import { readScalar, readSeries } from '../../../../app/telemetry/slab-reader.ts'
import { Slab } from '../../../../app/telemetry/slab.ts'
import {
  type Observer,
  type Witness,
  type Witnessed,
  type WitnessedRequest,
  createWitness,
} from '../../../../app/telemetry/witness.ts'

const request: Omit<WitnessedRequest, 'route'> = {
  listener: 'fast',
  scheme: 'http',
  httpVersion: '1.1',
  method: 'GET',
  path: '/b',
  query: '',
  requestId: 'the-id',
  sourceAddress: '127.0.0.1:1',
  host: '',
  userAgent: '',
  traceparent: '',
  tracestate: '',
  startedAt: 0,
}

const exchange: Recorded = {
  ...request,
  bytesIn: 7,
  isAborted: false,
  describe: (route) => ({ ...request, route }),
  header: () => '',
  arrivalFacts: () => ({ ...request, target: request.path, headers: [] }),
}

/** A record of an exchange of the second of two rows, and where it is counted. */
function begin(witness: () => Witness | undefined): {
  readonly record: ExchangeRecord
  readonly memory: SharedArrayBuffer
} {
  const memory = createSlabMemory()
  const places = createPlaces({ slab: new Slab(memory), witness }, ['/a', '/b'])
  return { record: new ExchangeRecord(places('/b'), exchange), memory }
}

/** An observer that keeps what it hears. */
function createListener(isOn: () => boolean): Observer & { readonly heard: Witnessed[] } {
  const heard: Witnessed[] = []
  return { isOn, heard, ended: (one) => heard.push(one) }
}

const on = (): boolean => true

suite('the end of an exchange', () => {
  test('reaches the counters and every observer once, however often it ends', () => {
    const [first, second] = [createListener(on), createListener(on)]
    const { record, memory } = begin(createWitness(undefined, [first, second]))
    record.activate()
    record.activate()
    assert.equal(readScalar(memory, 'exchangesActive', 'fast'), 1)
    record.sent(3)
    record.sent(2)
    record.end(200)
    record.end(500)
    record.activate()
    assert.equal(readScalar(memory, 'exchangesActive', 'fast'), 0)
    assert.equal(readScalar(memory, 'bytesOut', 'fast'), 5)
    assert.deepEqual(
      readSeries(memory).map(({ route, status, count }) => [route, status, count]),
      [[1, 200, 1]],
    )
    const told = {
      ...request,
      route: '/b',
      status: 200,
      bytesIn: 7,
      bytesOut: 5,
      isAborted: false,
      injected: [],
    }
    for (const { heard } of [first, second]) assert.deepEqual(heard, [told])
  })

  test('reaches observers that are on when it begins', () => {
    let isOn = true
    const [stays, leaves] = [createListener(on), createListener(() => isOn)]
    const { record } = begin(createWitness(undefined, [leaves, stays]))
    isOn = false
    record.end(200)
    assert.deepEqual([stays.heard.length, leaves.heard.length], [1, 0])
  })

  test('is not reported for an exchange that began while no observer was on', () => {
    let isOn = false
    const observer = createListener(() => isOn)
    const { record, memory } = begin(createWitness(undefined, [observer]))
    isOn = true
    record.end(200)
    assert.equal(observer.heard.length, 0)
    assert.equal(readSeries(memory).length, 1)
  })

  test('ends its trace once', () => {
    const ended: Witnessed[] = []
    const trace = (): { headers: [string, string][]; end: (one: Witnessed) => void } => ({
      headers: [['traceresponse', 'x']],
      end: (one) => void ended.push(one),
    })
    const { record } = begin(createWitness(trace, []))
    assert.deepEqual(record.traceHeaders, [['traceresponse', 'x']])
    record.end(200)
    record.end(200)
    assert.equal(ended.length, 1)
  })
})

test('a path without a row has no place', () => {
  const places = createPlaces({ slab: new Slab(createSlabMemory()), witness: () => undefined }, [])
  assert.throws(() => places('/a'), /no row has the path \/a/)
})
