import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, part, podSpec, renderOnly } from '../../support/chart/part.ts'

const certManager = { enabled: true, issuerRef: { name: 'internal', kind: 'ClusterIssuer' } }

suite('certificate.yaml', { skip: withoutHelm() }, () => {
  test('is off', () => assert.deepEqual(ofKind(render(), 'Certificate'), []))

  test('fills the Secret that the pod mounts', () => {
    for (const [secretName, wanted] of [
      ['', 'hpdummy-tls'],
      ['mine', 'mine'],
    ]) {
      const values = { tls: { certManager, secretName } }
      const certificate = renderOnly('Certificate', values)
      assert.equal(part(certificate, 'spec.secretName'), wanted)
      assert.deepEqual(part(certificate, 'spec.issuerRef'), certManager.issuerRef)
      const volumes = part(podSpec(values), 'spec.volumes') as readonly object[]
      assert.deepEqual(volumes.at(-1), {
        name: 'tls',
        secret: { secretName: wanted, defaultMode: 0o440 },
      })
    }
  })

  test('names the Services, or what it is told', () => {
    const names = part(renderOnly('Certificate', { tls: { certManager } }), 'spec.dnsNames')
    assert.ok((names as string[]).includes('hpdummy.load.svc'))
    const told = { tls: { certManager: { ...certManager, dnsNames: ['a.io'] } } }
    assert.deepEqual(part(renderOnly('Certificate', told), 'spec.dnsNames'), ['a.io'])
  })
})
