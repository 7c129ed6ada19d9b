import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'

import { parse } from 'yaml'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, renderOnly } from '../../support/chart/part.ts'
import { chart } from '../../support/chart/values.ts'

suite('prometheusrule.yaml', { skip: withoutHelm() }, () => {
  test('is off', () => assert.deepEqual(ofKind(render(), 'PrometheusRule'), []))

  test('has the rules that promtool tested, word for word', () => {
    const metrics = { rules: { enabled: true }, labels: { release: 'p' } }
    const rule = renderOnly('PrometheusRule', { metrics })
    assert.equal(rule.metadata.labels['release'], 'p')
    assert.deepEqual(rule['spec'], parse(readFileSync(`${chart}/files/rules.yaml`, 'utf8')))
  })
})
