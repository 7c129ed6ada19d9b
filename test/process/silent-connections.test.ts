// What the fast engine answers by itself must not be seen nowhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { until } from '../support/wait.ts'

const isForeign = ({ msg = '' }): boolean => msg.includes('do not begin with HTTP/2')

const metric = 'hpdummy_connections_without_request_total'

test('HTTP/1.0 to the fast listener is counted, and one line in the log says what to set', async (t) => {
  const origin = await startOrigin(t)
  const warnings = (): readonly string[] =>
    origin.log.flatMap(({ msg = '' }) => (msg.includes('proxy_http_version') ? [msg] : []))
  const count = async (): Promise<number> => (await scrape(origin)).value(metric) ?? -1
  assert.equal((await fetch(`${origin.url}/health`)).status, 200)
  for (const round of [1, 2]) {
    const connection = await RawConnection.open(origin.url)
    connection.send('GET /health HTTP/1.0\r\nHost: origin\r\n\r\n')
    assert.match((await connection.closed).toString(), /^HTTP\/1\.1 505 /)
    await until('the connection is counted', async () => (await count()) === round)
  }
  assert.equal(warnings().length, 1)
  assert.match(warnings()[0] ?? '', /proxy_http_version 1\.1;/)
  assert.ok(warnings()[0]?.includes(`port ${origin.ports.wire} (wire)`), warnings()[0])
})

test('one line in the log says what may have come to a gRPC port that is no HTTP/2', async (t) => {
  const origin = await startOrigin(t)
  for (const bytes of [
    'PROXY TCP4 192.0.2.1 198.51.100.9 56324 443\r\n',
    'GET / HTTP/1.1\r\nHost: origin\r\n\r\n',
  ]) {
    const connection = await RawConnection.open(`http://127.0.0.1:${origin.ports.grpc}`)
    connection.send(bytes)
    await connection.closed
  }
  const { msg = '' } = await origin.waitForLog(isForeign)
  assert.match(msg, /PROXY protocol header \(wire\.proxyProtocol is for the wire ports\)/)
  assert.equal(origin.log.filter(isForeign).length, 1)
})
