import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { Details } from '../../../../app/evidence/ledger/details.ts'
import { Entries, openEnd } from '../../../../app/evidence/ledger/entries.ts'
import { hashOf } from '../../../../app/evidence/ledger/hash.ts'
import { cells, createLedgerMemory, layoutOf } from '../../../../app/evidence/ledger/layout.ts'
import { traceIdOf } from '../../../../app/evidence/ledger/ledger.ts'
import { mergeAnswers, mergeSummaries } from '../../../../app/evidence/ledger/merge.ts'
import { targetWithoutSecrets, withoutSecret } from '../../../../app/evidence/ledger/secrets.ts'
import { until, within } from '../../../support/wait.ts'
import { arriving, createPod, exchange, mebibyte, ttlMs } from './pod.ts'

suite('the division of the memory', () => {
  for (const mebibytes of [1, 3, 32, 48, 1024]) {
    test(`${mebibytes} MiB are kept to`, () => {
      const layout = layoutOf(mebibytes * mebibyte)
      for (const count of [layout.entries, layout.heads, layout.newestBlocks, layout.oddBlocks]) {
        assert.equal(Math.log2(count) % 1, 0)
      }
      const bytes = layout.oddAt * 4 + layout.oddBlocks * 64
      assert.ok(bytes <= mebibytes * mebibyte + 64, `${bytes}`)
      assert.ok(bytes > (mebibytes * mebibyte) / 2, `${bytes}`)
    })
  }

  test('the default has a million entries', () => {
    assert.ok(layoutOf(32 * mebibyte).entries >= 1_000_000)
  })
})

suite('the index', () => {
  test('keeps the newest when it is full, and counts what made room', () => {
    const pod = createPod()
    const { entries: capacity } = layoutOf(mebibyte)
    for (let at = 0; at < capacity + 100; at++) exchange(pod, `id-${at}`)
    assert.deepEqual(pod.reader.totals(), { records: capacity, dropped: 100 })
    assert.equal(pod.reader.find('id-99').attempts.length, 0)
    assert.equal(pod.reader.find('id-100').attempts.length, 1)
    const { attempts, dropped } = pod.reader.find(`id-${capacity + 99}`)
    assert.deepEqual([attempts.length, dropped], [1, 100])
  })

  test('goes on when numbers wrap', () => {
    const { memory } = createPod()
    const head = new Int32Array(memory.memory)
    head[cells.nextEntry] = -2
    head[cells.firstEntry] = -2
    const entries = new Entries(memory)
    for (let at = 0; at < 5; at++) {
      const id = hashOf(`id-${at}`)
      const noted = { id, run: 0, at: 0, method: 'GET', listener: 'fast', worker: 1 } as const
      entries.note({ ...noted, scheme: 'http' }, openEnd)
    }
    assert.equal(entries.size, 5)
    for (const at of [0, 1, 3, 4])
      assert.equal(entries.find(hashOf(`id-${at}`), 9).newest.length, 1)
  })

  test('forgets what is older than the time it is kept for', () => {
    const { memory } = createPod()
    const entries = new Entries(memory)
    const noted = { run: 0, method: 'GET', listener: 'fast', scheme: 'http', worker: 1 } as const
    entries.note({ ...noted, id: hashOf('old'), at: entries.now() - ttlMs - 1000 }, openEnd)
    entries.note({ ...noted, id: hashOf('new'), at: entries.now() }, openEnd)
    entries.sweep(ttlMs)
    assert.deepEqual([entries.size, entries.dropped], [1, 0])
    assert.equal(entries.find(hashOf('old'), 9).newest.length, 0)
    assert.equal(entries.find(hashOf('new'), 9).newest.length, 1)
  })

  test('one id for all requests: the newest attempts are told, and sums take no longer', async () => {
    const pod = createPod('pod-1', 8 * mebibyte)
    const count = 150_000
    for (let at = 0; at < count; at++) exchange(pod, 'always', { run: at % 2 === 0 ? 'r' : '' })
    const { attempts, attempts_cut: cut } = pod.reader.find('always')
    assert.deepEqual([attempts.length, cut], [1000, count - 1000])
    assert.deepEqual([attempts[0]?.attempt, attempts.at(-1)?.attempt], [count - 999, count])
    const { ids, duplicated, odd, records } = await pod.reader.summarize('r')
    assert.deepEqual([ids, duplicated, records], [1, 1, count / 2])
    assert.deepEqual([odd[0]?.attempts, odd[0]?.ends.length], [count / 2, 100])
    assert.equal(pod.reader.recent(20).length, 20)
  })

  test('a writer that died over an entry hides nothing of the others', () => {
    const pod = createPod()
    exchange(pod, 'before', { run: 'r' })
    // What a thread that ends here leaves: a number that is taken, and nothing in its place.
    Atomics.add(new Int32Array(pod.memory.memory), cells.nextEntry, 1)
    exchange(pod, 'after', { run: 'r' })
    for (const id of ['before', 'after']) assert.equal(pod.reader.find(id).attempts.length, 1)
  })

  test('has every arrival of two threads that write at once', async () => {
    const memory = createLedgerMemory(mebibyte)
    const count = 10_000
    const control = new Int32Array(new SharedArrayBuffer(8))
    const url = new URL('ledger-writer.ts', import.meta.url)
    const workers = [1, 2].map(() => new Worker(url, { workerData: { memory, control, count } }))
    await within('both writers', Promise.all(workers.map((worker) => once(worker, 'exit'))))
    const entries = new Entries(memory)
    assert.equal(entries.size, 2 * count)
    for (let at = 0; at < count; at++) {
      const { newest: found } = entries.find(hashOf(`id-${at}`), 9)
      assert.deepEqual(
        found.map(({ cause }) => cause),
        ['complete', 'complete'],
      )
    }
  })

  test('a thread that is ended while it writes holds nobody up', async () => {
    const pod = createPod()
    const control = new Int32Array(new SharedArrayBuffer(8))
    const workerData = { memory: pod.memory, control, count: 2 ** 30 }
    const worker = new Worker(new URL('ledger-writer.ts', import.meta.url), { workerData })
    await until('it writes', () => Atomics.load(control, 1), { holds: (done) => done > 1000 })
    await worker.terminate()
    exchange(pod, 'after', { run: 'r' })
    assert.equal(pod.reader.find('after').attempts.length, 1)
    assert.equal((await pod.reader.summarize('r')).ids, 1)
  })
})

suite('details', () => {
  test('wrap around, and the newest are whole', () => {
    const memory = createLedgerMemory(mebibyte)
    const details = new Details(memory, 'newest')
    for (let entry = 1; entry <= 1000; entry++) {
      const text = `${entry} ${'x'.repeat(entry % 700)}`
      assert.ok(details.keep(text, { entry, id: hashOf(String(entry)), run: 0 }))
    }
    const kept = [...details.all()]
    assert.ok(kept.length > 100 && kept.length < 1000, `${kept.length}`)
    for (const { entry, text } of kept) {
      assert.equal(text(), `${entry} ${'x'.repeat(entry % 700)}`)
    }
    assert.equal(kept.at(-1)?.entry, 1000)
  })

  test('a text that is too long is not kept', () => {
    const details = new Details(createLedgerMemory(mebibyte), 'odd')
    const whose = { entry: 1, id: hashOf('a'), run: 0 }
    assert.equal(details.keep('x'.repeat(100_000), whose), false)
    assert.equal([...details.all()].length, 0)
  })

  test('those of odd exchanges outlive those of ordinary ones', () => {
    const pod = createPod()
    exchange(pod, 'odd', { isAborted: true })
    exchange(pod, 'ordinary')
    for (let at = 0; at < 900; at++) exchange(pod, `id-${at}`)
    const [odd] = pod.reader.find('odd').attempts
    const [ordinary] = pod.reader.find('ordinary').attempts
    assert.deepEqual([odd?.is_full, odd?.end.cause], [true, 'abort'])
    assert.deepEqual(
      [ordinary?.is_full, ordinary?.end.cause, ordinary?.status],
      [false, 'complete', 200],
    )
  })
})

suite('a run over several pods', () => {
  test('adds up: an id that came to two pods came twice', async () => {
    const pods = [createPod('pod-1'), createPod('pod-2')] as const
    for (const [pod, ids] of [
      [pods[0], ['a', 'b', 'b']],
      [pods[1], ['a', 'c']],
    ] as const) {
      for (const id of ids) exchange(pod, id, { run: 'r', isAborted: id === 'c' })
    }
    const parts = await Promise.all(
      pods.map(async ({ reader }, index) => ({
        pod: `pod-${index + 1}`,
        answer: { ...(await reader.summarize('r')), ids_of_run: String(await reader.idsOf('r')) },
      })),
    )
    const unasked = [{ pod: 'pod-3', why: 'no answer within 2 s' }]
    const merged = mergeSummaries(
      'r',
      { parts, unasked },
      {
        namesOf: () => pods[0].reader.namesOf('r'),
        mostOdd: 10,
      },
    )
    const { ids, once: single, duplicated, aborted, records } = merged
    assert.deepEqual([ids, single, duplicated, aborted, records], [3, 1, 2, 1, 5])
    assert.deepEqual(merged.odd.map(({ id, why }) => `${id} ${why.join()}`).toSorted(), [
      'a duplicated',
      'b duplicated',
      'c aborted',
    ])
    assert.equal(merged.odd_cut, false)
    assert.deepEqual(Object.keys(merged.by_pod), ['pod-1', 'pod-2'])
    // All but the one that ended early.
    assert.equal(merged.latency?.count, 4)
    assert.deepEqual([merged.pods, merged.unasked], [['pod-1', 'pod-2'], unasked])
    const attempts = mergeAnswers('a', {
      parts: pods.map(({ reader }, index) => ({
        pod: `pod-${index + 1}`,
        answer: reader.find('a'),
      })),
      unasked,
    })
    assert.deepEqual(
      attempts.attempts.map(({ pod }) => pod),
      ['pod-1', 'pod-2'],
    )
  })
})

test('a request without an id leaves nothing', () => {
  const pod = createPod()
  assert.equal(pod.ledger.begin(arriving({}), '/'), undefined)
  assert.equal(pod.reader.totals().records, 0)
})

test('of traceparent the trace id is the id', () => {
  const id = '0af7651916cd43dd8448eb211c80319c'
  assert.equal(traceIdOf(`00-${id}-b7ad6b7169203331-01`), id)
  assert.equal(traceIdOf('else'), 'else')
})

test('secrets are hashes wherever they stand', () => {
  for (const name of ['authorization', 'Cookie', 'x-api-key', 'X-Goog-Api-Key', 'apikey']) {
    assert.match(withoutSecret(name, 'secret')[1], /^sha256:[0-9a-f]{16}$/)
  }
  assert.deepEqual(withoutSecret('Accept', '*/*'), ['Accept', '*/*'])
  assert.match(targetWithoutSecrets('/a?b=1&api_key=x'), /^\/a\?b=1&api_key=sha256:[0-9a-f]{16}$/)
})
