// `hpdummy verify` behind proxies of other people's: what is known of these must come out. The whole matrix is
// `npm run proxies`.
import assert from 'node:assert/strict'
import { type TestContext, suite, test } from 'node:test'

import { checks } from '../../app/evidence/checks/table.ts'
import type { Facts, Line, Result } from '../../app/evidence/verify/card.ts'
import { Origins } from '../../app/evidence/verify/origins.ts'
import { begin } from '../../app/evidence/verify/preflight.ts'
import { runChecks } from '../../app/evidence/verify/run.ts'
import { startRealProxy } from '../proxies/judge.ts'
import { nginx } from '../proxies/nginx.ts'
import type { RealProxy } from '../proxies/real-proxy.ts'
import { varnish } from '../proxies/varnish.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { without } from '../support/tools.ts'

const origin = useOrigin()

interface Found {
  readonly facts: Facts
  readonly lines: readonly Line[]
}

async function judge(
  t: TestContext,
  [proxy, name]: readonly [RealProxy, string],
  ids: readonly string[],
): Promise<Found> {
  const setup = proxy.setups.find((one) => one.name === name) ?? assert.fail(`no setup ${name}`)
  const { ports } = origin()
  const { url } = await startRealProxy(t, { proxy, setup }, { ports, traffic: ports.wire })
  const origins = await Origins.find([`http://127.0.0.1:${ports.admin}`])
  const start = await begin({ url: new URL(url), isStrict: true, direct: undefined, origins })
  const asked = checks.filter(({ id }) => ids.includes(id))
  const lines = await runChecks({ ...start, checks: asked, onLine: () => {} })
  return { facts: start.facts, lines }
}

function assertResults({ lines }: Found, wanted: Readonly<Record<string, Result>>): void {
  const found = Object.fromEntries(lines.map(({ id, result }) => [id, result]))
  assert.deepEqual(found, wanted, JSON.stringify(lines, null, 1))
}

suite('nginx', { skip: without('nginx') }, () => {
  test('as docs/proxies.md prints it', async (t) => {
    const wanted = {
      // proxy_next_upstream leaves POST out, and there is one server only.
      R2: 'pass',
      F1: 'pass',
      B1: 'pass',
      // ignore_invalid_headers and underscores_in_headers: a name with underscores is dropped.
      H3: 'fail',
      H5: 'pass',
      // It adds no Via by itself.
      H7: 'fail',
      H13: 'pass',
      H18: 'note',
      X10: 'pass',
      P1: 'note',
    } as const
    const found = await judge(t, [nginx, 'tuned'], Object.keys(wanted))
    assertResults(found, wanted)
    assert.equal(found.facts.isCaching, false)
    const { seen = '' } = found.lines.find(({ id }) => id === 'P1') ?? {}
    assert.match(seen, /p50 -?\d+\.\d\d ms .* without the origin's own time \(p50 \d+\.\d\d ms\)/)
    assert.match(seen, /the origin had at least \d+ % of its headroom/)
  })

  test('with HTTP/1.0 to the origin, checks of chunks are skipped', async (t) => {
    const found = await judge(t, [nginx, 'default'], ['F5', 'R12', 'X4'])
    assertResults(found, { F5: 'skipped', R12: 'skipped', X4: 'note' })
  })
})

test('a cache does not hide the origin', { skip: without('varnishd') }, async (t) => {
  const wanted = { R2: 'pass', F1: 'pass', B2: 'pass', H12: 'note', H13: 'pass' } as const
  const found = await judge(t, [varnish, 'default'], Object.keys(wanted))
  assert.equal(found.facts.isCaching, true)
  assertResults(found, wanted)
})
