import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { field, ofKind, part, renderOnly } from '../../support/chart/part.ts'
import { restrictedProblems } from '../pod-security.ts'

const url = 'http://gateway.gateways.svc'
const job = (values: object = {}, more: object = {}) =>
  renderOnly('Job', { verify: { enabled: true, url, ...values }, ...more })
const argsOf = (values: object = {}, more: object = {}) =>
  part(job(values, more), 'spec.template.spec.containers.0.args')
const nameOf = (values: object, more: object = {}): string => job(values, more).metadata.name

suite('verify-job.yaml', { skip: withoutHelm() }, () => {
  test('is off', () => assert.deepEqual(ofKind(render(), 'Job'), []))

  test('asks the proxy, and all pods for the evidence', () => {
    const all = '--origin=hpdummy-headless:9000'
    assert.deepEqual(argsOf(), ['verify', url, all])
    assert.deepEqual(argsOf({ args: ['--json'] }), ['verify', url, all, '--json'])
    const other = { service: { headless: false }, config: { admin: { port: 9100 } } }
    assert.deepEqual(argsOf({}, other), ['verify', url, '--origin=hpdummy-metrics:9100'])
  })

  test('another run has another name, and the same run the same', () => {
    assert.match(nameOf({}), /^hpdummy-verify-[0-9a-f]{7}$/)
    assert.equal(nameOf({}), nameOf({}))
    assert.notEqual(nameOf({}), nameOf({ args: ['--json'] }))
    assert.notEqual(nameOf({}), nameOf({}, { image: { tag: '2' } }))
    const long = { nameOverride: 'a'.repeat(63) }
    assert.ok(nameOf({}, long).length <= 63, nameOf({}, long))
  })

  test('a failed check ends it, and missing evidence is asked for again', () => {
    const [rule] = part(job(), 'spec.podFailurePolicy.rules') as readonly object[]
    const onExitCodes = { containerName: 'verify', operator: 'In', values: [1, 2] }
    assert.deepEqual(rule, { action: 'FailJob', onExitCodes })
    assert.equal(part(job(), 'spec.template.spec.restartPolicy'), 'Never')
  })

  test('its pod is restricted, and none of the Service', () => {
    const made = part(job(), 'spec.template')
    assert.deepEqual(restrictedProblems(made as never), [])
    assert.equal(field(part(made, 'metadata.labels'), 'app.kubernetes.io/component'), 'verify')
  })

  test('a NetworkPolicy lets it in', () => {
    const values = { verify: { enabled: true, url }, networkPolicy: { enabled: true } }
    const peers = JSON.stringify(part(renderOnly('NetworkPolicy', values), 'spec.ingress'))
    assert.match(peers, /"app\.kubernetes\.io\/component":"verify"/)
  })
})
