// Every setting of class `worker` is in force once its change is reported as applied.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { settings } from '../../app/config/settings.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { scrape } from '../support/scrape.ts'

/** What a change may move: how many workers there are, how large they are, which ones, and their pool. */
interface Crew {
  readonly count: number
  readonly indexes: string
  readonly heapLimitBytes: number | undefined
  readonly poolThreads: number | undefined
  readonly poolQueue: number | undefined
}

async function crewOf(origin: TestOrigin): Promise<Crew> {
  const answer = await fetch(`http://127.0.0.1:${origin.ports.admin}/configz`)
  const { workers } = (await answer.json()) as {
    readonly workers: readonly { readonly index: number; readonly isLeaving: boolean }[]
  }
  const staying = workers.filter(({ isLeaving }) => !isLeaving)
  const seen = await scrape(origin)
  const indexes = staying.map(({ index }) => index).join(' ')
  return {
    count: staying.length,
    indexes,
    heapLimitBytes: seen.value('hpdummy_worker_heap_limit_bytes', { worker: '0' }),
    poolThreads: seen.value('hpdummy_pool_threads_limit'),
    poolQueue: seen.value('hpdummy_pool_queue_limit'),
  }
}

const before = { workers: 'auto', 'quota.cpus': 1, 'quota.memory': '512M' }

/** A new value for each, on top of those above it, and what must differ once it is in force. */
const changes: Readonly<Record<string, readonly [value: string | number, moves: keyof Crew]>> = {
  'quota.cpus': [2, 'count'],
  workers: [1, 'count'],
  'pool.workers': [7, 'poolThreads'],
  'pool.queue': [70, 'poolQueue'],
  'quota.memory': ['256M', 'heapLimitBytes'],
  'heap.profile': ['memory', 'heapLimitBytes'],
  'heap.oldMiB': [40, 'heapLimitBytes'],
  'heap.youngMiB': [12, 'heapLimitBytes'],
  'buffer.size': ['64K', 'indexes'],
  'grpc.messageLimit': ['1M', 'indexes'],
  'ledger.memory': ['1M', 'indexes'],
}

test('the table of changes names every setting of class worker', () => {
  const named = Object.entries(settings).filter(([, { reload }]) => reload === 'worker')
  assert.deepEqual(Object.keys(changes).toSorted(), named.map(([name]) => name).toSorted())
})

test('a change of each is in force in the workers', async (t) => {
  const directory = createDirectory(t)
  const write = (values: object): void =>
    writeFileSync(join(directory, 'app.json'), JSON.stringify(values))
  write(before)
  // What the tests set by themselves would win over the file.
  const origin = await startOrigin(t, { config: directory }, { HPDUMMY_WORKERS: '' })
  const applied = async (values: object): Promise<Crew> => {
    const so = origin.log.filter(({ msg }) => msg === 'settings applied').length
    write(values)
    await origin.waitForLog(
      (line) =>
        line.msg === 'settings applied' &&
        origin.log.filter(({ msg }) => msg === 'settings applied').length > so,
    )
    return crewOf(origin)
  }
  let crew = await crewOf(origin)
  const values: Record<string, string | number> = { ...before }
  for (const [name, [value, moves]] of Object.entries(changes)) {
    values[name] = value
    const after = await applied(values)
    assert.notEqual(after[moves], crew[moves], `${name} moves ${moves}`)
    crew = after
  }
})
