import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { Details } from '../../../../app/evidence/ledger/details.ts'
import { Entries, openEnd } from '../../../../app/evidence/ledger/entries.ts'
import { hashOf } from '../../../../app/evidence/ledger/hash.ts'
import {
  type LedgerMemory,
  cells,
  createLedgerMemory,
  layoutOf,
} from '../../../../app/evidence/ledger/layout.ts'
import { type Arriving, Ledger, traceIdOf } from '../../../../app/evidence/ledger/ledger.ts'
import { mergeAnswers, mergeSummaries } from '../../../../app/evidence/ledger/merge.ts'
import { LedgerReader } from '../../../../app/evidence/ledger/reader.ts'
import { targetWithoutSecrets, withoutSecret } from '../../../../app/evidence/ledger/secrets.ts'
import { until, within } from '../../../support/wait.ts'

const mebibyte = 2 ** 20
const ttlMs = 3_600_000

interface Pod {
  readonly memory: LedgerMemory
  readonly ledger: Ledger
  readonly reader: LedgerReader
}

function createPod(pod = 'pod-1', bytes = mebibyte): Pod {
  const memory = createLedgerMemory(bytes)
  const identity = { pod, namespace: null, node: null, zone: null, version: '1' }
  return {
    memory,
    ledger: new Ledger({ memory, worker: 0, key: () => 'X-HP-Id' }),
    reader: new LedgerReader({ memory, identity: () => identity, ttlMs: () => ttlMs }),
  }
}

function arriving(headers: Readonly<Record<string, string>>, tookMs = 0): Arriving {
  return {
    method: 'GET',
    listener: 'wire',
    scheme: 'http',
    startedAt: performance.now() - tookMs,
    header: (name) => headers[name] ?? '',
    arrivalFacts: () => ({
      scheme: 'http',
      target: '/',
      headers: Object.entries(headers).flat(),
      httpVersion: '1.1',
      sourceAddress: '127.0.0.1',
    }),
  }
}

const whole = { status: 200, bytesIn: 0, bytesOut: 9, isAborted: false, faults: [] }

/** An exchange from its arrival to its end. */
function exchange(
  { ledger }: Pod,
  id: string,
  { run = '', isAborted = false, tookMs = 0 } = {},
): void {
  const arrival = ledger.begin(arriving({ 'x-hp-id': id, 'x-hp-run': run }, tookMs), '/')
  assert.ok(arrival !== undefined)
  ledger.end(arrival, { ...whole, isAborted })
}

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

suite('latency', () => {
  /** What a summary says of exchanges that took so long, in ms. */
  async function latencyOf(pod: Pod, run: string, tookMs: readonly number[]) {
    for (const [at, took] of tookMs.entries()) exchange(pod, `${run}-${at}`, { run, tookMs: took })
    return (await pod.reader.summarize(run)).latency
  }

  test('of a run: percentiles are right to an eighth, and those that ended early are not in it', async () => {
    const pod = createPod()
    exchange(pod, 'left', { run: 'r', isAborted: true, tookMs: 1e6 })
    const tookMs = [...Array.from({ length: 98 }, () => 10), 1000, 60_000]
    const latency = await latencyOf(pod, 'r', tookMs)
    assert.equal(latency?.count, 100)
    for (const [told, ms] of [
      [latency.p50, 10],
      [latency.p90, 10],
      [latency.p99, 1000],
      [latency.buckets.at(-1)?.up_to ?? 0, 60_000],
    ] as const) {
      // The exchange itself takes some microseconds besides, on a busy machine more.
      assert.ok(told > ms && told < ms * 1.25 + 50, `${told} ms of ${ms}`)
    }
    assert.equal(
      latency.buckets.reduce((sum, { count }) => sum + count, 0),
      100,
    )
  })

  test('is kept apart for each run, and for what has none', async () => {
    const pod = createPod()
    assert.equal((await latencyOf(pod, 'a', [1, 1]))?.count, 2)
    assert.equal((await latencyOf(pod, 'b', [1]))?.count, 1)
    assert.equal((await latencyOf(pod, '', [1, 1, 1]))?.count, 3)
    assert.equal((await pod.reader.summarize('a')).latency?.count, 2)
    assert.equal((await pod.reader.summarize('c')).latency, null)
  })

  test('of the 65th run takes the place of the first', async () => {
    const pod = createPod()
    for (let at = 0; at < 65; at++) await latencyOf(pod, `run-${at}`, [1])
    for (const [run, count] of [
      ['run-0', undefined],
      ['run-1', 1],
      ['run-64', 1],
    ] as const) {
      assert.equal((await pod.reader.summarize(run)).latency?.count, count, run)
    }
  })

  test('is added up over threads', async () => {
    const pod = createPod()
    const other = {
      ...pod,
      ledger: new Ledger({ memory: pod.memory, worker: 1, key: () => 'X-HP-Id' }),
    }
    await latencyOf(pod, 'r', [1, 1])
    assert.equal((await latencyOf(other, 'r', [100]))?.count, 3)
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
