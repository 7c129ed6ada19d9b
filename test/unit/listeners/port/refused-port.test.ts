import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'

import { cannotListen, whyRefused } from '../../../../app/listeners/port/refused-port.ts'

const place = { name: 'http', host: '127.0.0.1', port: 80 }

for (const [code, says] of [
  ['EADDRINUSE', /^http: cannot listen on 127\.0\.0\.1 port 80: it is in use by another process;/],
  ['EACCES', /: not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE/],
  ['EADDRNOTAVAIL', /: no such address: this machine does not have 127\.0\.0\.1;/],
  ['ENOTFOUND', /: no such host: no address is known for 127\.0\.0\.1;/],
  ['EAFNOSUPPORT', /: this machine has no IPv6;/],
  ['EOTHER', /: listen EOTHER$/],
] as const) {
  test(`${code} is said in a sentence`, () => {
    const error = Object.assign(new Error(`listen ${code}`), { code })
    assert.match(cannotListen(place, error).message, says)
  })
}

test('the reason for a refused port is found, and a shared port is not refused', async (t) => {
  const open = (reusePort: boolean): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer()
      t.after(() => server.close())
      server.listen({ host: '127.0.0.1', port: 0, reusePort }, () =>
        resolve((server.address() as AddressInfo).port),
      )
    })
  const alone = (await whyRefused('127.0.0.1', await open(false))) as NodeJS.ErrnoException
  assert.equal(alone.code, 'EADDRINUSE')
  assert.equal(await whyRefused('127.0.0.1', await open(true)), undefined)
})
