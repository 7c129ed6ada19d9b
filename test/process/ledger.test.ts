// The arrival ledger outlives a worker, follows its settings, and is added up over pods.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ask } from '../support/ask.ts'
import { askLedger, askRun, endedAttempt } from '../support/ledger-client.ts'
import { startMounted } from '../support/mounted-settings.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { until } from '../support/wait.ts'

const base = 'workers: 1\n'

async function recorded(
  origin: TestOrigin,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { status } = await ask(origin.url, '/bin/1K', { headers })
  assert.equal(status, 200)
}

test('records stay when their worker is replaced, and tell what it cut', async (t) => {
  const { origin, mount } = await startMounted(t, base, {
    'drain.notice': '100ms',
    'drain.deadline': '500ms',
  })
  await recorded(origin, { 'X-HP-Id': 'before' })
  const connection = await RawConnection.open(origin.url)
  connection.send(rawRequest('GET /delay/60000', { headers: ['X-HP-Id: stays'] }))
  await until('it is under way', () => askLedger(origin.url, 'stays'), {
    holds: ({ attempts }) => attempts.length === 1,
  })
  const [open] = (await askLedger(origin.ports.admin, 'stays')).attempts
  assert.deepEqual([open?.end.cause, open?.is_full], ['open', false])
  mount.write(`${base}buffer: {size: 64K}\n`)
  const { end } = await endedAttempt(origin.ports.admin, 'stays')
  connection.leave()
  assert.deepEqual([end.cause, end.by], ['drain', 'origin'])
  assert.equal((await askLedger(origin.url, 'before')).attempts.length, 1)
})

test('the header of the id, and how long records are kept, change in place', async (t) => {
  const { origin, mount } = await startMounted(t, base)
  await recorded(origin, { 'X-HP-Id': 'first' })
  mount.write(`${base}ledger: {key: traceparent}\n`)
  const trace = '0af7651916cd43dd8448eb211c80319c'
  await until('traces are recorded', async () => {
    await recorded(origin, { traceparent: `00-${trace}-b7ad6b7169203331-01`, 'X-HP-Id': 'second' })
    return (await askLedger(origin.url, trace)).attempts.length > 0
  })
  mount.write(`${base}ledger: {ttl: 1ms}\n`)
  await until('nothing is kept', async () => {
    const { attempts } = await askLedger(origin.ports.admin, 'first')
    return attempts.length === 0
  })
})

test('the admin port adds up two pods, and names the one it cannot ask', async (t) => {
  const other = await startOrigin(t, { 'identity.pod': 'pod-b' })
  const gone = '127.0.0.1:9'
  const origin = await startOrigin(t, {
    'identity.pod': 'pod-a',
    'ledger.peers': `127.0.0.1:${other.ports.admin},${gone}`,
  })
  const headers = { 'X-HP-Id': 'mirrored', 'X-HP-Run': 'run' }
  for (const pod of [origin, other]) await recorded(pod, headers)
  await recorded(other, { ...headers, 'X-HP-Id': 'only there' })
  const summary = await askRun(origin.ports.admin, 'run')
  assert.deepEqual([summary.ids, summary.once, summary.duplicated], [2, 1, 1])
  assert.deepEqual(
    summary.odd.map(({ id, attempts }) => [id, attempts]),
    [['mirrored', 2]],
  )
  assert.deepEqual(summary.pods, ['pod-a', 'pod-b'])
  assert.deepEqual(
    summary.unasked?.map(({ pod }) => pod),
    [gone],
  )
  const { attempts } = await askLedger(origin.ports.admin, 'mirrored')
  assert.deepEqual(
    attempts.map(({ pod, attempt, attempt_total: total }) => [pod, attempt, total]),
    [
      ['pod-a', 1, 1],
      ['pod-b', 1, 2],
    ],
  )
  const own = await askLedger(origin.url, 'mirrored')
  assert.deepEqual(
    own.attempts.map(({ attempt, attempt_total: total }) => [attempt, total]),
    [[1, null]],
  )
  assert.equal((await askLedger(origin.ports.admin, 'only there')).attempts[0]?.pod, 'pod-b')
})
