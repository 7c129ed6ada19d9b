// What Kubernetes' own schemas say of our objects. They know fields and types; defaults, CEL, admission and
// words of an enumeration (the built-in kinds' schemas have none) are test/cluster's, which asks a real
// API server.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { suite, test } from 'node:test'

import { examples } from '../golden/chart.ts'
import { renderText } from '../support/chart/helm.ts'
import { chart } from '../support/chart/values.ts'
import { goTool, withoutGo } from '../tools/tools.ts'
import { kubernetesVersions, schemaLocation } from './kubernetes-schemas.ts'

interface Verdict {
  readonly resources: readonly { readonly kind: string; readonly msg: string }[]
  readonly summary: Readonly<Record<'valid' | 'invalid' | 'errors' | 'skipped', number>>
}

function judge(manifests: string, version: string): Verdict {
  const { stdout, stderr } = spawnSync(
    goTool('kubeconform'),
    [
      '-strict',
      '-summary',
      '-output=json',
      `-schema-location=${schemaLocation(version)}`,
      // Grafana Operator's module is not in the proxy, and its CRDs are nowhere else.
      '-skip=GrafanaDashboard',
    ],
    { input: manifests, encoding: 'utf8' },
  )
  assert.equal(stderr, '')
  return JSON.parse(stdout) as Verdict
}

const files = [
  ...readdirSync(`${chart}/ci`).map((name) => `${chart}/ci/${name}`),
  ...examples.map((name) => `${chart}/examples/${name}/values.yaml`),
]

suite('Kubernetes knows every field', { skip: withoutGo('helm', 'kubeconform') }, () => {
  for (const version of kubernetesVersions) {
    for (const file of files) {
      const least = /^# kubernetes: 1\.(\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '0'
      if (Number(version.split('.')[1]) < Number(least)) continue
      test(`of ${file} in ${version}`, () => {
        const text = renderText({ valueFiles: [file], kubeVersion: version })
        const { resources, summary } = judge(text, version)
        assert.deepEqual(resources, [])
        assert.ok(summary.valid >= 5)
        const operators = text.match(/^kind: GrafanaDashboard$/gm)?.length ?? 0
        assert.equal(summary.skipped, operators)
      })
    }

    test(`and says which it does not, in ${version}`, () => {
      const text = renderText({ kubeVersion: version })
      const verdicts = [
        text.replace('  replicas: 2', '  replica: 2'),
        text.replace('containerPort: 8080', 'containerPort: http'),
        text.replace('unhealthyPodEvictionPolicy', 'unhealthyPodPolicy'),
        text.replace('readOnly: true', 'readonly: true'),
      ].map((broken) => judge(broken, version).summary.invalid)
      assert.deepEqual(verdicts, [1, 1, 1, 1])
    })
  }
})
