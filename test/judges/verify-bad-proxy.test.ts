// The judge is judged: a proxy of ours with one defect at a time. Its own checks find it, and no other does.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import type { Finding } from '../../app/evidence/checks/check.ts'
import { checks } from '../../app/evidence/checks/table.ts'
import type { Line } from '../../app/evidence/verify/card.ts'
import { Origins } from '../../app/evidence/verify/origins.ts'
import { begin } from '../../app/evidence/verify/preflight.ts'
import { runChecks } from '../../app/evidence/verify/run.ts'
import { startBadProxy } from '../support/bad-proxy/bad-proxy.ts'
import { type Defect, signs } from '../support/bad-proxy/defects.ts'
import { useOrigin } from '../support/shared-origin.ts'

const origin = useOrigin()

// What the origin itself answers does not change from one proxy to the next.
const controls = new Map<string, Finding>()

test('none: the card is clean', async (t) => {
  const start = performance.now()
  assert.deepEqual(wrong(await judge(t, undefined)), [])
  t.diagnostic(`${Math.round((performance.now() - start) / 1000)} s`)
})

// They wait more than they work.
suite('a proxy with one defect', { concurrency: 2 }, () => {
  for (const [name, { finds, notes = {}, does }] of Object.entries(signs)) {
    test(`${name}: it ${does}`, async (t) => {
      const lines = await judge(t, name as Defect)
      const found = wrong(lines)
      const ids = found.map((text) => text.split(' ', 1)[0] ?? '')
      const strange = ids.filter((id) => !finds.includes(id))
      assert.deepEqual(strange, [], found.join('\n'))
      const missed = finds.filter((id) => !ids.includes(id))
      assert.deepEqual(missed, [], `not found by ${missed.join(', ')}, but by ${found.join('\n')}`)
      for (const [id, says] of Object.entries(notes)) {
        assert.match(lines.find((line) => line.id === id)?.seen ?? '', says)
      }
    })
  }
})

async function judge(
  t: Parameters<typeof startBadProxy>[0],
  defect: Defect | undefined,
): Promise<readonly Line[]> {
  const { ports } = origin()
  const proxy = await startBadProxy(t, ports.wire)
  proxy.be(defect)
  const origins = await Origins.find([`http://127.0.0.1:${ports.admin}`])
  const url = new URL(proxy.url)
  const start = await begin({ url, isStrict: true, direct: undefined, origins })
  const asked = checks.filter(({ id }) => !id.startsWith('P'))
  return runChecks({ ...start, checks: asked, controls, sideBySide: 10, onLine: () => {} })
}

function wrong(lines: readonly Line[]): readonly string[] {
  return lines
    .filter(({ result }) => result === 'fail' || result === 'warn' || result === 'unknown')
    .map(({ id, result, seen, why }) => `${id} ${result}: ${seen} ${why}`)
}
