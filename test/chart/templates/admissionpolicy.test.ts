import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { settings } from '../../../app/config/settings.ts'
import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, only, part } from '../../support/chart/part.ts'
import { settingText } from '../../support/chart/setting-text.ts'
import { configNames } from '../../support/chart/values-schema.ts'

interface Validation {
  readonly expression: string
  readonly message?: string
}

const manifests = (): ReturnType<typeof render> =>
  render({ values: { admissionPolicy: { enabled: true }, fullnameOverride: 'mine' } })

suite('admissionpolicy.yaml', { skip: withoutHelm() }, () => {
  test('is off', () => assert.deepEqual(ofKind(render(), 'ValidatingAdmissionPolicy'), []))

  test('looks at our ConfigMap alone, and denies', () => {
    const [policy, binding] = [
      only(manifests(), 'ValidatingAdmissionPolicy'),
      only(manifests(), 'ValidatingAdmissionPolicyBinding'),
    ]
    assert.equal(part(binding, 'spec.policyName'), policy.metadata.name)
    assert.deepEqual(part(binding, 'spec.validationActions'), ['Deny'])
    assert.deepEqual(part(policy, 'spec.matchConstraints'), {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'load' } },
      resourceRules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          resources: ['configmaps'],
          resourceNames: ['mine'],
          operations: ['CREATE', 'UPDATE'],
        },
      ],
    })
  })

  test('has a rule and a sentence for every setting that takes not just any text', () => {
    const policy = only(manifests(), 'ValidatingAdmissionPolicy')
    const validations = part(policy, 'spec.validations') as readonly Validation[]
    const choosy = configNames().filter(
      (name) => settingText(settings[name].format.allowed)?.pattern !== '',
    )
    assert.ok(choosy.length > 40)
    for (const name of choosy) {
      const own = validations.filter(({ expression }) =>
        expression.includes(`[${JSON.stringify(name)}]`),
      )
      assert.equal(own.length, 1, name)
      assert.ok(own[0]?.message?.startsWith(`${name}: use `), name)
    }
  })

  test('writes patterns as CEL reads them', () => {
    const policy = only(manifests(), 'ValidatingAdmissionPolicy')
    const validations = part(policy, 'spec.validations') as readonly Validation[]
    const host = validations.find(({ expression }) => expression.includes('["http.host"]'))
    assert.equal(
      host?.expression,
      String.raw`!("http.host" in variables.settings) || variables.settings["http.host"].trim().matches(r"^[\w.:%-]+$")`,
    )
  })
})
