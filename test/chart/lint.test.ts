import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { suite, test } from 'node:test'

import { examples } from '../golden/chart.ts'
import { helm, render, withoutHelm } from '../support/chart/helm.ts'
import { chart } from '../support/chart/values.ts'

const minors = ['1.29', '1.30', '1.31', '1.32', '1.33', '1.34', '1.35']

const files = [
  ...readdirSync(`${chart}/ci`).map((name) => `${chart}/ci/${name}`),
  ...examples.map((name) => `${chart}/examples/${name}/values.yaml`),
]

/** Some files say which Kubernetes they need at least: `# kubernetes: 1.35`. */
function minorsFor(file: string): readonly string[] {
  const least = /^# kubernetes: (\S+)$/m.exec(readFileSync(file, 'utf8'))?.[1]
  return least === undefined ? minors : minors.slice(minors.indexOf(least))
}

suite('helm', { skip: withoutHelm() }, () => {
  for (const file of files) {
    test(`lint --strict has nothing to say of ${file}`, () => {
      const newest = `${minors.at(-1)}.0`
      const output = helm('lint', '--strict', chart, '--values', file, '--kube-version', newest)
      assert.doesNotMatch(output, /\[(?:INFO|WARNING|ERROR)\]/)
    })

    test(`template takes ${file} on every Kubernetes it is for`, () => {
      const tried = minorsFor(file)
      assert.ok(tried.length > 0)
      for (const minor of tried) {
        const manifests = render({ valueFiles: [file], kubeVersion: `${minor}.0` })
        const ids = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
        assert.equal(new Set(ids).size, ids.length, 'two objects of one name')
        assert.ok(ids.length >= 5)
      }
    })
  }

  test('template refuses a Kubernetes that is too old', () => {
    assert.throws(() => render({ kubeVersion: '1.28.15' }), /requires kubeVersion: >=1\.29\.0-0/)
  })

  test('names stay legal however long the release is called', () => {
    const file = `${chart}/ci/everything-values.yaml`
    for (const { kind, metadata } of render({ valueFiles: [file], release: 'r'.repeat(53) })) {
      if (metadata.name.includes('as-a-')) continue
      assert.ok(metadata.name.length <= (kind === 'Service' ? 63 : 253), metadata.name)
      for (const value of Object.values(metadata.labels)) assert.ok(value.length <= 63, value)
    }
  })

  test('every object has the names people select by, and its namespace where it has one', () => {
    const values = [`${chart}/ci/everything-values.yaml`, `${chart}/ci/newest-values.yaml`]
    for (const valueFile of values) {
      for (const { kind, metadata } of render({ valueFiles: [valueFile] })) {
        if (metadata.name.includes('as-a-')) continue
        const { labels } = metadata
        assert.equal(labels['app.kubernetes.io/instance'], 'hpdummy', metadata.name)
        assert.equal(labels['app.kubernetes.io/part-of'], 'hpdummy')
        assert.equal(labels['app.kubernetes.io/managed-by'], 'Helm')
        assert.equal(labels['helm.sh/chart'], 'hpdummy-0.1.0')
        const isOfCluster = kind.startsWith('ValidatingAdmissionPolicy')
        assert.equal(metadata.namespace, isOfCluster ? undefined : 'load', kind)
      }
    }
  })
})

test('the chart installs the program of this version', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  const lines = readFileSync(`${chart}/Chart.yaml`, 'utf8')
  assert.match(lines, new RegExp(`^appVersion: ${version}$`, 'm'))
  assert.match(lines, new RegExp(`image: hpdummy:${version}$`, 'm'))
})
