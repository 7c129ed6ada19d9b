// What a client that tries everything does to /metrics.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { test } from 'node:test'

import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'
import { until } from '../support/wait.ts'

const name = 'http_server_request_duration_seconds_count'

// fetch takes 407 for a failure of its own.
const agent = new Agent({ keepAlive: true, maxSockets: 16 })

async function ask(port: number, method: string, path: string): Promise<void> {
  const outgoing = request({ host: '127.0.0.1', port, method, path, agent })
  outgoing.end()
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  answer.resume()
  await once(answer, 'end')
}

/** Asks for every status with each method, on both HTTP listeners. */
async function scan({ ports }: TestOrigin, methods: readonly string[]): Promise<void> {
  for (const port of [ports.http, ports.wire]) {
    const statuses = Array.from({ length: 400 }, (_, index) => 200 + index)
    const asked = methods.flatMap((method) => statuses.map((status) => [method, status] as const))
    await Promise.all(asked.map(([method, status]) => ask(port, method, `/status/${status}`)))
  }
}

test('a scan of all statuses leaves /metrics short, and everything is counted', async (t) => {
  const origin = await startOrigin(t, { workers: 2 })
  await scan(origin, ['GET', 'POST', 'PUT'])
  await until('all exchanges over', async () => (await scrape(origin)).activeRequests === 0)
  const numbers = await scrape(origin)
  const series = numbers.text.split('\n').filter((line) => line.startsWith(`${name}{`))
  t.diagnostic(`${series.length} series, ${numbers.text.length} bytes`)
  // On each listener, 32 of each worker and 4 classes.
  assert.ok(series.length <= 2 * (2 * 32 + 4), `${series.length} series`)
  const failed = 2 * 3 * 200
  assert.equal(numbers.value(name), 2 * failed)
  const late = [2, 3, 4, 5].map((one) =>
    numbers.value(name, { http_response_status_code: `${one}xx`, http_request_method: '_OTHER' }),
  )
  assert.ok(
    late.every((count) => count !== undefined),
    'each class has what came late',
  )
  agent.destroy()
  origin.signal('SIGTERM')
  const last = await origin.waitForLog(({ msg }) => msg === 'final statistics')
  assert.deepEqual([last['total_requests'], last['error_count']], [2 * failed, failed])
})
