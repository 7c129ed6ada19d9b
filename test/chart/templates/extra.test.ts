import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, only } from '../../support/chart/part.ts'

const map = (name: string): object => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } })

suite('extra.yaml', { skip: withoutHelm() }, () => {
  test('makes any object, as a map or as a template', () => {
    const extraObjects = [
      map('{{ .Release.Name }}-map'),
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ include "hpdummy.fullname" . }}-text\n',
    ]
    const secrets = ofKind(render({ values: { extraObjects } }), 'Secret')
    assert.equal(secrets.length, 2)
    only(secrets, 'Secret', 'hpdummy-map')
    only(secrets, 'Secret', 'hpdummy-text')
  })
})
