// The configurations of docs/proxies.md, as they are printed there.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startRealProxy } from '../proxies/judge.ts'
import { realProxies } from '../proxies/table.ts'
import { ask, jsonOf } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'

for (const proxy of realProxies) {
  const { name, source, setups } = proxy
  const skip = proxy.find() === undefined && `${name} is not installed (${source})`
  test(`${name} takes its configuration in docs/proxies.md`, { skip }, async (t) => {
    const setup = setups.find((one) => one.name === 'tuned') ?? assert.fail('nothing is printed')
    const { ports } = await startOrigin(t)
    const { url } = await startRealProxy(t, { proxy, setup }, { ports, traffic: ports.http })
    const port = Number(new URL(url).port)
    const echo = jsonOf(await ask(port, '/any/path?x=1'))
    assert.deepEqual([echo['path'], echo['http_version']], ['/any/path', '1.1'])
    const body = Buffer.alloc(3 * 2 ** 20, 'x')
    const uploaded = jsonOf(await ask(port, '/upload', { method: 'POST', body }))
    assert.equal(uploaded['bytes_received'], body.length)
  })
}
