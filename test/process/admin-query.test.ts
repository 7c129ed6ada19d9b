import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ask } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'

test('a query parameter that a page does not have is 400 with the nearest name', async (t) => {
  const origin = await startOrigin(t)
  const { admin: port } = origin.ports
  for (const [target, said, method = 'GET'] of [
    [
      '/profile/cpu?second=1',
      '"second" is not a query parameter of GET /profile/cpu; did you mean seconds?',
    ],
    ['/ledger?_=1&Run=monday', '"Run" is not a query parameter of GET /ledger; did you mean run?'],
    [
      '/compare?target=http://a',
      '"target" is not a query parameter of GET /compare; did you mean targets?',
    ],
    ['/scenario?tl=5m', '"tl" is not a query parameter of PUT /scenario; did you mean ttl?', 'PUT'],
    [
      '/scenario?ttl=5m',
      '"ttl" is not a query parameter of GET /scenario; use a name that starts with _, which is ignored',
    ],
  ] as const) {
    const { status, body } = await ask(port, target, { method })
    assert.deepEqual([status, body.toString()], [400, `${said}\n`])
  }
  for (const target of [
    '/api/v1/stats?_=1&utm_source=mail',
    '/ledger?run=x&local=true',
    '/compare?targets=http://a&targets=http://b',
    '/faults?text=delay=1s',
    '/api/v1/faults/read?text=delay=1s',
    '/metrics?collect[]=cpu',
    '/livez?verbose&exclude=etcd',
    '/assets/style.css?v=2',
  ]) {
    assert.equal((await ask(port, target)).status, 200, target)
  }
})
