// Squid as an accelerator in front of the wire listener.
import { test } from 'node:test'

import { startOrigin } from '../origin.ts'
import { without } from '../process/tools.ts'
import { checkPassage } from './behind-proxy.ts'
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
  })
  await squid.end()
})
