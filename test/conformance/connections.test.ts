import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { until } from '../support/wait.ts'
import { askHttp2, openHttp2 } from './wire-http2-client.ts'

const origin = useOrigin({ 'keepAlive.requests': 3, workers: 2 })

interface Histogram {
  readonly count: number
  readonly mean: number | null
  readonly max: number | null
  readonly buckets: readonly { readonly up_to: number | null; readonly count: number }[]
}

interface Account {
  readonly open: number
  readonly opened: number
  readonly closed: number
  readonly closed_first_by: Readonly<Record<string, number>>
  readonly lost_requests: number
  readonly requests_per_connection: Histogram
  readonly lifetime_ms: Histogram
  readonly idle_ms: Histogram
}

type Accounts = Readonly<Record<'fast' | 'wire', Account>>

async function accountsOf({ ports }: { readonly ports: { readonly admin: number } }) {
  return jsonOf(await ask(ports.admin, '/connections'))['listeners'] as Accounts
}

/** What `act` adds to the number that `read` finds, once it is there. */
async function adds(
  what: string,
  read: (accounts: Accounts) => number,
  act: () => Promise<void>,
): Promise<void> {
  const before = read(await accountsOf(origin()))
  await act()
  const now = async (): Promise<number> => read(await accountsOf(origin()))
  await until(`one more: ${what}`, now, { holds: (number) => number === before + 1 })
}

function open(): Promise<RawConnection> {
  return RawConnection.open(`http://127.0.0.1:${origin().ports.wire}`)
}

async function get(connection: RawConnection, headers: readonly string[] = []): Promise<void> {
  connection.send(rawRequest('GET /bin/1', { headers: [...headers] }))
  await connection.answer()
}

suite('who closed first', () => {
  test('the client, with FIN', () =>
    adds(
      'client_fin',
      ({ wire }) => wire.closed_first_by['client_fin'] ?? 0,
      async () => {
        const connection = await open()
        await get(connection)
        connection.finish()
      },
    ))

  test('the client, with RST', () =>
    adds(
      'client_rst',
      ({ wire }) => wire.closed_first_by['client_rst'] ?? 0,
      async () => {
        const connection = await open()
        await get(connection)
        connection.socket.resetAndDestroy()
      },
    ))

  test('the origin, as the client asked', () =>
    adds(
      'origin',
      ({ wire }) => wire.closed_first_by['origin'] ?? 0,
      async () => {
        const connection = await open()
        await get(connection, ['Connection: close'])
        connection.leave()
      },
    ))

  test('the origin, after keepAlive.requests', () =>
    adds(
      'request_limit',
      ({ wire }) => wire.closed_first_by['request_limit'] ?? 0,
      async () => {
        const connection = await open()
        for (let request = 0; request < 3; request++) await get(connection)
        connection.leave()
      },
    ))

  test('a client of HTTP/2', () =>
    adds(
      'client_goaway',
      ({ wire }) => wire.closed_first_by['client_goaway'] ?? 0,
      async () => {
        const session = await openHttp2(`http://127.0.0.1:${origin().ports.wire}`)
        await askHttp2(session, { ':path': '/bin/1' })
        session.close()
      },
    ))

  test('the origin, after keepAlive.idle, over HTTP/1 and HTTP/2', async (t) => {
    const impatient = await startOrigin(t, { 'keepAlive.idle': '50ms' })
    const url = `http://127.0.0.1:${impatient.ports.wire}`
    const connection = await RawConnection.open(url)
    await get(connection)
    await askHttp2(await openHttp2(url), { ':path': '/bin/1' })
    const read = async () => (await accountsOf(impatient)).wire.closed_first_by['idle_timeout']
    await until('both timed out', read, { holds: (count) => count === 2 })
  })
})

test('a request that comes after our FIN is lost, and counted', () =>
  adds(
    'lost',
    ({ wire }) => wire.lost_requests,
    async () => {
      const connection = await open()
      for (let request = 0; request < 3; request++) await get(connection)
      connection.send(rawRequest('GET /bin/1'))
      connection.leave()
    },
  ))

test('requests on each connection, and idle gaps between them, are in histograms', async () => {
  const before = (await accountsOf(origin())).wire
  const connection = await open()
  for (let request = 0; request < 2; request++) await get(connection)
  connection.finish()
  const read = async () => (await accountsOf(origin())).wire
  const after = await until('it is closed', read, { holds: ({ closed }) => closed > before.closed })
  const [of2, of2Before] = [after, before].map(({ requests_per_connection: { buckets } }) =>
    buckets.find(({ up_to: bound }) => bound === 2),
  )
  assert.equal((of2?.count ?? 0) - (of2Before?.count ?? 0), 1)
  assert.equal(after.idle_ms.count - before.idle_ms.count, 1)
  assert.ok((after.lifetime_ms.max ?? 0) >= (after.idle_ms.mean ?? 0))
})

test('the admin port says whose connections they are, as traffic ports do', async () => {
  const [admin, http] = await Promise.all(
    [origin().ports.admin, origin().ports.http].map((port) => ask(port, '/connections')),
  )
  assert.ok(admin !== undefined && http !== undefined)
  assert.match(String(jsonOf(admin)['pod']), /./)
  assert.equal(jsonOf(admin)['pod'], jsonOf(http)['pod'])
})

test('both listeners tell of all workers, and the fast one of what it knows', async () => {
  for (const listener of ['http', 'wire'] as const) {
    const answer = await ask(origin().ports[listener], '/connections')
    assert.equal(answer.headers['cache-control'], 'no-store')
    const { fast } = jsonOf(answer)['listeners'] as Accounts
    assert.deepEqual([fast.requests_per_connection, fast.lost_requests], [null, null])
    assert.ok(fast.opened >= 1 && fast.opened === fast.open + fast.closed)
  }
})

test('the fast listener counts those that come and go, WebSockets among them', async () => {
  const before = (await accountsOf(origin())).fast
  const socket = new WebSocket(`ws://127.0.0.1:${origin().ports.http}/ws`)
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  socket.close()
  const read = async () => (await accountsOf(origin())).fast
  const all = ({ open: now, opened }: Account): boolean => now === 0 && opened > before.opened
  await until('all gone', read, { holds: all })
})
