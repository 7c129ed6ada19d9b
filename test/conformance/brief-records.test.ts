// Past 1,000 records a second, a constant answer on the fast listener leaves the short record only.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { askLedger, askRun } from '../support/ledger-client.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { until } from '../support/wait.ts'

const origin = useOrigin()

const batch = 1500

/** Asks for a constant so often on one connection, with the ids `<run>-<n>`; the last answer. */
async function askOften(run: string) {
  const connection = await RawConnection.open(origin().url)
  const requests = Array.from({ length: batch }, (_, at) =>
    rawRequest('GET /bin/10', { headers: [`X-HP-Id: ${run}-${at}`, `X-HP-Run: ${run}`] }),
  )
  connection.send(requests.join(''))
  for (let at = 1; at < batch; at++) await connection.answer()
  const last = await connection.answer()
  connection.leave()
  return last
}

test('a short record counts like a whole one, and its answer tells as much', async () => {
  const labels = { http_route: '/bin/{size}' }
  const counted = async (): Promise<number> =>
    (await scrape(origin())).value('http_server_request_duration_seconds_count', labels) ?? 0
  let runs = 0
  // A machine that is too slow for 1,000 a second has whole records only, so they are asked for again.
  const { answer, run, record } = await until(
    'a short record',
    async () => {
      const name = `run-${runs++}`
      const before = await counted()
      const last = await askOften(name)
      const { ids, records, odd, latency } = await askRun(origin().url, name)
      assert.deepEqual([ids, records, odd.length, latency?.count], [batch, batch, 0, batch])
      await until('all are counted', counted, { holds: (count) => count === before + batch })
      const { attempts } = await askLedger(origin().url, `${name}-${batch - 1}`)
      assert.equal(attempts.length, 1)
      return { answer: last, run: name, record: attempts[0] }
    },
    { holds: ({ record: one }) => one?.is_full === false },
  )
  assert.deepEqual(
    [record?.end.cause, record?.status, record?.method, record?.listener],
    ['complete', 200, 'GET', 'fast'],
  )
  assert.match(headerOf(answer, 'x-request-id') ?? '', /^[\da-f-]{36}$/)
  assert.match(headerOf(answer, 'server-timing') ?? '', /^queue;dur=[\d.]+, work;dur=[\d.]+$/)
  assert.match(headerOf(answer, 'x-hp-pod') ?? '', /./)
  assert.match(headerOf(answer, 'x-hp-version') ?? '', /./)
  assert.equal(answer.body.toString(), 'ABCDEFGHIJ')
  const [whole] = (await askLedger(origin().url, `${run}-0`)).attempts
  assert.equal(whole?.end.cause, 'complete')
})
