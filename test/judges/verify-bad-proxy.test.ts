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
import { type Defect, defects } from '../support/bad-proxy/defects.ts'
import { startOrigin } from '../support/origin.ts'

const only = process.env['CHECKS']?.split(',')
const asked = checks.filter(({ id }) => !id.startsWith('P') && (only?.includes(id) ?? true))

suite('hpdummy verify at the bad proxy', () => {
  test('each defect is found by its own checks and by no other', async (t) => {
    const origin = await startOrigin(t)
    const proxy = await startBadProxy(t, origin.ports.wire)
    const origins = await Origins.find([`http://127.0.0.1:${origin.ports.admin}`])
    const controls = new Map<string, Finding>()
    const judge = async (defect: Defect | undefined): Promise<readonly Line[]> => {
      proxy.be(defect)
      const url = new URL(proxy.url)
      const start = await begin({ url, isStrict: true, direct: undefined, origins })
      return runChecks({ ...start, checks: asked, controls, onLine: () => {} })
    }
    await t.test('none: the card is clean', async () => {
      assert.deepEqual(wrong(await judge(undefined)), [])
    })
    const wanted = process.env['DEFECT']
    for (const [name, { finds, does }] of Object.entries(defects)) {
      if (wanted !== undefined && wanted !== name) continue
      await t.test(`${name}: it ${does}`, async () => {
        const found = wrong(await judge(name as Defect))
        const ids = found.map((text) => text.split(' ', 1)[0] ?? '')
        const strange = ids.filter((id) => !(finds as readonly string[]).includes(id))
        assert.deepEqual(strange, [], found.join('\n'))
        assert.ok(ids.length > 0, 'nobody found it')
      })
    }
  })
})

function wrong(lines: readonly Line[]): readonly string[] {
  return lines
    .filter(({ result }) => result === 'fail' || result === 'warn' || result === 'unknown')
    .map(({ id, result, seen, why }) => `${id} ${result}: ${seen} ${why}`)
}
