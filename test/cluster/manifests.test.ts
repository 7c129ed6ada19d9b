import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { suite, test } from 'node:test'

import { restricted, useCluster, withoutCluster } from './cluster.ts'

const strict = '--dry-run=server --validate=strict'

const inFolder = (folder: string): readonly string[] =>
  readdirSync(folder).map((name) => `${folder}/${name}`)

suite('what the API server thinks of our manifests', { skip: withoutCluster }, () => {
  const cluster = useCluster()

  async function accepted(file: string, namespace?: string): Promise<number> {
    const place = namespace === undefined ? '' : ` -n ${namespace}`
    const said = await cluster().kubectl(`create -f ${file} ${strict}${place}`)
    return said.trim().split('\n').length
  }

  test('it looks: a field that there is not is refused', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } }
    const file = cluster().file({ ...service, spec: { ports: [{ port: 80, protocl: 'TCP' }] } })
    assert.match(
      await cluster().refusal(`create -f ${file} ${strict} -n ${restricted}`),
      /unknown field "spec\.ports\[0\]\.protocl"/,
    )
  })

  for (const values of inFolder('charts/hpdummy/ci')) {
    test(`the chart with ${values}`, async (t) => {
      const words = `template hpdummy charts/hpdummy -n ${restricted} -f ${values}`
      const file = cluster().file(await cluster().helm(`${words} --kube-version 1.35`))
      t.diagnostic(`${await accepted(file, restricted)} objects`)
    })
  }

  test('the namespaces they name are there', async () => {
    for (const name of ['load', 'hpdummy', 'hpdummy-load']) {
      await cluster().kubectl(`create namespace ${name}`)
    }
  })

  for (const example of inFolder('charts/hpdummy/examples')) {
    test(example, async (t) => {
      t.diagnostic(`${await accepted(`${example}/rendered/manifests.yaml`)} objects`)
    })
  }

  for (const folder of ['k8s/base', ...inFolder('k8s/overlays'), 'k8s/load']) {
    test(`kubectl apply -k ${folder}`, async () => {
      // Of objects that exist, a create says nothing but that.
      await cluster().kubectl(`apply -k ${folder} --server-side ${strict}`)
    })
  }

  for (const file of [
    ...inFolder('k8s/load/k6'),
    ...inFolder('k8s/load/fortio'),
    ...inFolder('k8s/verify'),
  ]) {
    test(`kubectl create -f ${file}`, async () => {
      assert.equal(await accepted(file), 1)
    })
  }
})
