import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'

import { conditionOf, untilConfigz } from '../support/configz.ts'
import { startMounted } from '../support/mounted-settings.ts'
import { type Scrape, scrape } from '../support/scrape.ts'
import { startLoad } from '../support/steady-load.ts'
import { pause, until } from '../support/wait.ts'

const swaps = 50

// Past the hundred milliseconds a change is given to settle, or most swaps would be one.
const betweenMs = 130

const texts: readonly ((round: number) => string)[] = [
  (round) => `workers: 2\nlimits.count: ${1000 + round}\n`,
  () => 'workers: 2\nlimits.count: none at all\n',
  (round) => `workers: 3\nlimits.delay: ${60 + round}s\n`,
  () => 'workers: [\n',
  (round) => `workers: 2\nbuffer.size: ${round % 2 === 0 ? 64 : 128}K\n`,
]

const request = { http_route: '/bin/{size}', http_response_status_code: '200' }

const counters = [
  ['http_server_request_duration_seconds_count', request],
  ['http_server_request_duration_seconds_sum', {}],
  ['hpdummy_connections_opened_total', {}],
  ['hpdummy_bytes_total', { direction: 'out' }],
  ['hpdummy_worker_recycles_total', {}],
  ['hpdummy_config_reloads_total', {}],
] as const

function countersOf(numbers: Scrape): readonly number[] {
  return counters.map(([name, labels]) => numbers.value(name, labels) ?? 0)
}

function threads(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).length
}

test('a storm of fifty swaps, some bad, during load', async (t) => {
  const { origin, mount } = await startMounted(t, 'workers: 2\n')
  const load = await startLoad(t, origin)
  const threadsBefore = threads(origin.pid)
  const readings: (readonly number[])[] = []
  const calm = new AbortController()
  const reading = (async () => {
    while (!calm.signal.aborted) {
      readings.push(countersOf(await scrape(origin)))
      await pause(20)
    }
  })()
  for (let round = 0; round < swaps; round++) {
    mount.write(texts[round % texts.length]?.(round) ?? '')
    await pause(betweenMs)
  }
  mount.write('workers: 2\nlimits.count: 99\n')
  const settled = await untilConfigz(
    origin,
    'the last swap is applied by two workers',
    ({ effective, workers }) => effective['limits.count'] === '99' && workers.length === 2,
  )
  assert.equal(conditionOf(settled, 'Accepted').status, 'True')
  assert.equal(conditionOf(settled, 'Applied').status, 'True')
  calm.abort()
  await reading
  await load.end()

  await t.test('no request failed', () => load.assertNoneLost())

  await t.test('no thread is left over', async () => {
    await until(`${threadsBefore} threads`, () => threads(origin.pid) === threadsBefore)
  })

  await t.test('no counter went backwards', () => {
    assert.ok(readings.length > 20)
    for (const [place, [name]] of counters.entries()) {
      const series = readings.map((values) => values[place] ?? 0)
      assert.deepEqual(
        series.filter((value, at) => value < (series[at - 1] ?? 0)),
        [],
        name,
      )
    }
  })

  await t.test('every answer was counted once, by workers there and gone', async () => {
    const numbers = await scrape(origin)
    const counted = numbers.value('http_server_request_duration_seconds_count', request) ?? 0
    const { answered, losses } = load.client
    assert.ok(
      counted >= answered && counted <= answered + losses.length,
      `${answered} answered, ${losses.length} lost, ${counted} counted`,
    )
    const bytes = numbers.value('hpdummy_bytes_total', { direction: 'out' }) ?? 0
    assert.ok(bytes >= answered * 1024 && bytes <= counted * 1024, `${bytes} bytes`)
    const reloads = ['applied', 'rejected'].map((result) =>
      numbers.value('hpdummy_config_reloads_total', { result }),
    )
    const recycles = numbers.value('hpdummy_worker_recycles_total')
    t.diagnostic(`${reloads.join(' applied, ')} rejected, ${recycles} recycled`)
    assert.ok(reloads.every((count) => (count ?? 0) > 0))
  })
})
