import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { ask } from '../support/ask.ts'
import type { TestOrigin } from '../support/origin.ts'
import { useOrigin } from '../support/shared-origin.ts'

const listeners = {
  fast: ({ url }: TestOrigin) => url,
  wire: ({ ports }: TestOrigin) => `http://127.0.0.1:${ports.wire}`,
} as const

const preflight = {
  method: 'OPTIONS',
  headers: {
    Origin: 'https://app.example',
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'content-type,x-hp-id',
  },
}

suite('with cors.origin', () => {
  const origin = useOrigin({ 'cors.origin': 'https://app.example', 'rateLimit.rps': 1_000_000 })

  for (const [listener, baseOf] of Object.entries(listeners)) {
    test(`${listener}: a preflight is allowed what it asks, whatever the path`, async () => {
      for (const path of ['/', '/api/v1/compute', '/api/v1/stats', '/bin/1K', '/upload']) {
        const { status, headers, body } = await ask(baseOf(origin()), path, preflight)
        assert.deepEqual([status, body.length], [204, 0], path)
        assert.equal(headers['access-control-allow-origin'], 'https://app.example')
        assert.equal(headers['access-control-allow-methods'], 'POST')
        assert.equal(headers['access-control-allow-headers'], 'content-type,x-hp-id')
        assert.equal(headers['access-control-max-age'], '600')
      }
    })

    test(`${listener}: every answer may be read, refusals and repeated ones too`, async () => {
      const paths = ['/', '/bin/1K', '/bin/1K', '/bin/1Q', '/chunked/2', '/status/503', '/work/1']
      for (const path of paths) {
        const { headers } = await ask(baseOf(origin()), path)
        assert.equal(headers['access-control-allow-origin'], 'https://app.example', path)
        assert.equal(headers['access-control-expose-headers'], '*', path)
      }
    })

    test(`${listener}: OPTIONS that is no preflight is a request like any other`, async () => {
      const answer = await ask(baseOf(origin()), '/', { method: 'OPTIONS' })
      assert.equal(answer.status, 200)
      assert.match(answer.body.toString(), /"method":"OPTIONS"/)
    })
  }
})

suite('without cors.origin', () => {
  const origin = useOrigin()

  for (const [listener, baseOf] of Object.entries(listeners)) {
    test(`${listener}: a preflight is an OPTIONS like any other, and says nothing of CORS`, async () => {
      const answers = [
        await ask(baseOf(origin()), '/', preflight),
        await ask(baseOf(origin()), '/bin/1K'),
      ]
      for (const { status, headers } of answers) {
        assert.equal(status, 200)
        assert.equal('access-control-allow-origin' in headers, false)
      }
      assert.equal((await ask(baseOf(origin()), '/api/v1/compute', preflight)).status, 405)
    })
  }
})
