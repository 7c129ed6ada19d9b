import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  answerNumbers,
  compareAnswers,
  tallyAnswers,
} from '../../../../app/runtime/admin/answered.ts'
import type { Series } from '../../../../app/telemetry/slab-reader.ts'

const names = {
  routes: ['/bin/{size}', '/status/{code}'],
  calls: ['echo.EchoService/Echo'],
  callStatus: (code: number) => (code === 0 ? 'OK' : 'UNAVAILABLE'),
  asked: new Set(['/status/{code}']),
}

function series(of: Partial<Series>): Series {
  const plain = {
    listener: 'fast',
    route: 0,
    method: 'GET',
    status: 200,
    isInjected: false,
  } as const
  return { ...plain, count: 1, sum: 0.001, counts: [], ...of }
}

const before = tallyAnswers([series({ count: 10, sum: 1 })], names)
const now = tallyAnswers(
  [
    series({ count: 30, sum: 5 }),
    series({ status: 503, isInjected: true, count: 4 }),
    series({ status: 503, route: 1, count: 3 }),
    series({ status: 400, listener: 'wire', count: 2 }),
    series({ listener: 'grpc', status: 14, count: 1 }),
  ],
  names,
)

test('failures are real, injected or asked for, and together all there were', () => {
  const numbers = answerNumbers(before, now, { seconds: 2, active: 1 })
  assert.equal(numbers['real_error_count'], 3)
  assert.equal(numbers['injected_error_count'], 4)
  assert.equal(numbers['asked_error_count'], 3)
  assert.equal(numbers['error_count'], 10)
  assert.equal(numbers['injected_errors_per_sec'], 2)
  assert.equal(numbers['requests_per_sec'], 15)
  assert.equal(numbers['total_requests'], 41)
})

test('rows by status tell why; those by endpoint and listener have all three counts', () => {
  const { listeners, statuses, endpoints } = compareAnswers(before, now, 2)
  assert.deepEqual(
    statuses.map(({ name, cause, total }) => [name, cause, total]),
    [
      ['200', undefined, 30],
      ['400', undefined, 2],
      ['503', 'injected', 4],
      ['503', 'asked', 3],
      ['UNAVAILABLE', undefined, 1],
    ],
  )
  const [bin] = endpoints
  assert.deepEqual(bin, {
    name: '/bin/{size}',
    total: 36,
    per_sec: 13,
    avg_us: 153_923.1,
    errors: { real: 2, injected: 4, asked: 0 },
  })
  assert.deepEqual(
    listeners.map(({ name, total }) => [name, total]),
    [
      ['fast', 37],
      ['wire', 2],
      ['grpc', 1],
    ],
  )
})

test('a client that makes hundreds of rows gets twenty and the rest in one', () => {
  const all = Array.from({ length: 100 }, (_, index) => series({ status: 400 + index }))
  const { statuses } = compareAnswers(before, tallyAnswers(all, names), 1)
  assert.equal(statuses.length, 21)
  assert.equal(statuses.find(({ name }) => name === 'others')?.total, 80)
})
