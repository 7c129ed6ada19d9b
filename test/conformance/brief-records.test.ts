// Past 1,000 records a second, a constant answer on the fast listener leaves the short record only.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { askLedger, askRun } from '../support/ledger-client.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { until, within } from '../support/wait.ts'

const origin = useOrigin()

const batch = 2000

/** Asks for a constant so often on one connection, with the ids `<run>-<n>`, and then once more: the last answer. */
async function askOften(run: string) {
  const connection = await RawConnection.open(origin().url)
  const headersOf = (at: number) => [`X-HP-Id: ${run}-${at}`, `X-HP-Run: ${run}`]
  const requests = Array.from({ length: batch - 1 }, (_, at) =>
    rawRequest('GET /bin/10', { headers: headersOf(at) }),
  )
  const last = rawRequest('GET /bin/10', {
    headers: [...headersOf(batch - 1), 'Connection: close'],
  })
  connection.send([...requests, last].join(''))
  // Reading each answer takes longer than making it.
  const bytes = await within('all answers', connection.closed)
  return bytes.subarray(bytes.lastIndexOf('HTTP/1.1 200 OK')).toString('latin1')
}

test('a short record counts like a whole one, and its answer tells as much', async (t) => {
  const labels = { http_route: '/bin/{size}' }
  const counted = async (): Promise<number> =>
    (await scrape(origin())).value('http_server_request_duration_seconds_count', labels) ?? 0
  // A machine that makes fewer than 1,000 a second has whole records only: all but `is_full` must hold of them, too.
  let isShort = false
  for (let time = 0; time < 5 && !isShort; time++) {
    const run = `run-${time}`
    const before = await counted()
    const answer = await askOften(run)
    const { ids, records, odd, latency } = await askRun(origin().url, run)
    assert.deepEqual([ids, records, odd.length, latency?.count], [batch, batch, 0, batch])
    await until('all are counted', counted, { holds: (count) => count === before + batch })
    const [record, ...others] = (await askLedger(origin().url, `${run}-${batch - 1}`)).attempts
    assert.ok(record !== undefined && others.length === 0)
    const { end, status, method, listener } = record
    assert.deepEqual([end.cause, status, method, listener], ['complete', 200, 'GET', 'fast'])
    assert.match(answer, /\r\nX-Request-ID: [\da-f-]{36}\r\n/)
    assert.match(answer, /\r\nServer-Timing: queue;dur=[\d.]+, work;dur=[\d.]+\r\n/)
    assert.match(answer, /\r\nX-HP-Pod: \S+\r\n/)
    assert.match(answer, /\r\nX-HP-Version: \S+\r\n/)
    assert.ok(answer.endsWith('\r\n\r\nABCDEFGHIJ'))
    isShort = !record.is_full
  }
  if (!isShort) t.diagnostic('the machine was too slow for short records')
})
