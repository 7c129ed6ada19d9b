import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, only, part, podSpec, renderOnly } from '../../support/chart/part.ts'

const kinds = ['ServiceAccount', 'Role', 'RoleBinding']
const made = (values: object): readonly number[] => {
  const manifests = render({ values })
  return kinds.map((kind) => ofKind(manifests, kind).length)
}

suite('rbac.yaml', { skip: withoutHelm() }, () => {
  test('makes nothing while the API is not watched', () => {
    assert.deepEqual(made({}), [0, 0, 0])
    assert.deepEqual(made({ serviceAccount: { create: true } }), [1, 0, 0])
  })

  test('allows to read the one ConfigMap, and to write Events', () => {
    const values = { apiWatch: { enabled: true } }
    assert.deepEqual(part(renderOnly('Role', values), 'rules'), [
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['hpdummy'],
        verbs: ['get', 'list', 'watch'],
      },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
    ])
    const silent = renderOnly('Role', { apiWatch: { enabled: true, events: false } })
    assert.equal((part(silent, 'rules') as object[]).length, 1)
  })

  test('binds the account of the pod, which alone has the token', () => {
    for (const serviceAccount of [{}, { name: 'mine' }, { name: 'mine', create: true }]) {
      const values = { apiWatch: { enabled: true }, serviceAccount }
      const name = serviceAccount.name ?? 'hpdummy'
      assert.equal(part(renderOnly('RoleBinding', values), 'subjects.0.name'), name)
      assert.equal(part(podSpec(values), 'spec.serviceAccountName'), name)
      assert.equal(part(podSpec(values), 'spec.automountServiceAccountToken'), true)
      const account = ofKind(render({ values }), 'ServiceAccount')
      assert.equal(account.length, name === 'hpdummy' || serviceAccount.create === true ? 1 : 0)
      if (account.length > 0) {
        assert.equal(only(account, 'ServiceAccount', name)['automountServiceAccountToken'], false)
      }
    }
  })

  test('says who the account is elsewhere', () => {
    const annotations = { 'eks.amazonaws.com/role-arn': 'arn' }
    const account = renderOnly('ServiceAccount', { serviceAccount: { create: true, annotations } })
    assert.deepEqual(account.metadata.annotations, annotations)
  })
})
