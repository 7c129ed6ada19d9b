// Certificates in several templates: given as settings, mounted, and never a reason to roll a pod.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { suite, test } from 'node:test'

import { withoutHelm } from '../../support/chart/helm.ts'
import { container, part, podSpec, renderOnly } from '../../support/chart/part.ts'
import { chart } from '../../support/chart/values.ts'

const tls = {
  secretName: 'own',
  clientCa: { secretName: 'authority', key: 'bundle.pem' },
  sni: [
    { name: 'a.io', secretName: 'a' },
    { name: '*.a.io', secretName: 'all' },
  ],
}

/** Where a projected source puts the files of its Secret. */
function paths(source: unknown): readonly string[] {
  const items = part(source, 'secret.items') as readonly { readonly path: string }[]
  return items.map(({ path }) => path)
}

suite('TLS', { skip: withoutHelm() }, () => {
  test('is told to the program as files', () => {
    assert.deepEqual(renderOnly('ConfigMap', { tls })['data'], {
      'tls.certFile': '/etc/hpdummy-tls/tls.crt',
      'tls.keyFile': '/etc/hpdummy-tls/tls.key',
      'tls.clientCaFile': '/etc/hpdummy-client-ca/bundle.pem',
      'tls.sniDirectory': '/etc/hpdummy-sni',
    })
  })

  test('has its files in directories, in which a renewed certificate arrives', () => {
    const mounts = part(container(podSpec({ tls })), 'volumeMounts') as readonly object[]
    assert.deepEqual(mounts.slice(2), [
      { name: 'tls', mountPath: '/etc/hpdummy-tls', readOnly: true },
      { name: 'client-ca', mountPath: '/etc/hpdummy-client-ca', readOnly: true },
      { name: 'sni', mountPath: '/etc/hpdummy-sni', readOnly: true },
    ])
  })

  test('has the authorities from a Secret or a ConfigMap, and nothing else that is in it', () => {
    const items = [{ key: 'bundle.pem', path: 'bundle.pem' }]
    const secret = { secretName: 'authority', defaultMode: 0o440, items }
    assert.deepEqual(part(podSpec({ tls }), 'spec.volumes.3'), { name: 'client-ca', secret })
    const given = { ...tls, clientCa: { configMapName: 'bundle' } }
    const configMap = {
      name: 'bundle',
      defaultMode: 0o440,
      items: [{ key: 'ca.crt', path: 'ca.crt' }],
    }
    const made = part(podSpec({ tls: given }), 'spec.volumes.3')
    assert.deepEqual(made, { name: 'client-ca', configMap })
  })

  test('has a folder for each server name', () => {
    const volume = part(podSpec({ tls }), 'spec.volumes.4.projected')
    const sources = part(volume, 'sources') as readonly object[]
    assert.deepEqual(sources.map(paths), [
      ['a.io/tls.crt', 'a.io/tls.key'],
      ['*.a.io/tls.crt', '*.a.io/tls.key'],
    ])
    assert.deepEqual(
      sources.map((source) => part(source, 'secret.name')),
      ['a', 'all'],
    )
  })

  test('rolls no pod for a renewed certificate: no template looks into a Secret', () => {
    for (const name of readdirSync(`${chart}/templates`, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(?:tpl|yaml|txt)$/.test(name)) continue
      assert.doesNotMatch(readFileSync(`${chart}/templates/${name}`, 'utf8'), /\blookup\b/, name)
    }
  })
})
