// Squid as an accelerator in front of the wire listener.
import { test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { without } from '../support/tools.ts'
import { checkPassage, megabyte } from './behind-proxy.ts'
import { startSquid } from './caching-proxies.ts'

test('Squid', { skip: without('squid') }, async (t) => {
  const origin = await startOrigin(t)
  const squid = await startSquid(t, { origin: origin.ports.wire })
  await checkPassage(t, {
    port: squid.port,
    version: '1.1',
    passesWebSocket: true,
    hints: 'passed',
    trailers: 'dropped',
    // Squid 5.7 ends some connections in the middle of a larger one, client's and origin's, and logs nothing: of 20 MiB
    // 1 in 4 at its most patient; the faster they are taken, the more.
    sizedBytes: megabyte,
  })
  await squid.end()
})
