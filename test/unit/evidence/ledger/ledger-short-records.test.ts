import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { until } from '../../../support/wait.ts'
import { arriving, createPod, exchange, whole } from './pod.ts'

suite('short records', () => {
  const noting = { run: 'r', method: 'GET', listener: 'fast', scheme: 'http' } as const

  test('are for what gets no details, and count like whole ones', async () => {
    const pod = createPod()
    let count = 0
    const jotted = await until('a short record', () => {
      // The thousand of a second, if all are done within it.
      for (let at = 0; at < 1000; at++) exchange(pod, `id-${count++}`, { run: 'r' })
      return pod.ledger.jot('short', noting)
    })
    assert.ok(jotted !== undefined)
    assert.equal(pod.reader.find('short').attempts[0]?.end.cause, 'open')
    pod.ledger.endJotted(jotted, 200)
    const [record] = pod.reader.find('short').attempts
    assert.deepEqual(
      [record?.is_full, record?.end.cause, record?.status, record?.method, record?.listener],
      [false, 'complete', 200, 'GET', 'fast'],
    )
    const { records, latency, duplicated } = await pod.reader.summarize('r')
    assert.deepEqual([records, latency?.count, duplicated], [count + 1, count + 1, 0])
  })

  test('are for no id that comes again, whose details are odd', () => {
    const pod = createPod()
    for (let at = 0; at < 1000; at++) exchange(pod, `id-${at}`)
    assert.equal(pod.ledger.jot('id-1', noting), undefined)
  })

  test('become whole ones for an answer that waits', async () => {
    const pod = createPod()
    let count = 0
    const jotted = await until('a short record', () => {
      for (let at = 0; at < 1000; at++) exchange(pod, `id-${count++}`)
      return pod.ledger.jot('waits', noting)
    })
    assert.ok(jotted !== undefined)
    const arrival = pod.ledger.unfold(jotted, { ...arriving({}), startedAt: jotted.startedAt }, '/')
    pod.ledger.end(arrival, { ...whole, isAborted: true })
    const [record] = pod.reader.find('waits').attempts
    assert.deepEqual([record?.is_full, record?.end.cause, record?.run], [true, 'abort', 'r'])
  })
})
