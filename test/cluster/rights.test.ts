import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { type Cluster, restricted, useCluster, withoutCluster } from './cluster.ts'
import type { ResourceRule, RulesReview } from './objects.ts'

const watchOnly: ResourceRule = {
  verbs: ['get', 'list', 'watch'],
  apiGroups: [''],
  resources: ['configmaps'],
  resourceNames: ['hpdummy'],
}
const tellEvents: ResourceRule = {
  verbs: ['create', 'patch'],
  apiGroups: ['events.k8s.io'],
  resources: ['events'],
}

/** What an account may do in the namespace: what `kubectl auth can-i --list` shows. */
async function rulesOf(cluster: Cluster, account: string): Promise<readonly ResourceRule[]> {
  const review = cluster.file({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: restricted },
  })
  const login = await cluster.login(restricted, account)
  // To validate, kubectl would have to read what the account may not.
  const answer = await cluster.kubectl(`create -f ${review} --validate=false -o json`, login)
  return (JSON.parse(answer) as RulesReview).status.resourceRules
}

suite('the account of a release', { skip: withoutCluster }, () => {
  const cluster = useCluster()

  /** Beyond what every account may. */
  async function granted(): Promise<readonly ResourceRule[]> {
    const everybodys = new Set(
      (await rulesOf(cluster(), 'nobody')).map((rule) => JSON.stringify(rule)),
    )
    const rules = await rulesOf(cluster(), 'hpdummy')
    return rules.filter((rule) => !everybodys.has(JSON.stringify(rule)))
  }

  test('there is one that may nothing, to compare with', async () => {
    await cluster().kubectl(`create serviceaccount nobody -n ${restricted}`)
  })

  test('may watch its ConfigMap and create Events, and nothing else', async () => {
    await cluster().release('install', cluster().file({ apiWatch: { enabled: true } }))
    assert.deepEqual(await granted(), [watchOnly, tellEvents])
  })

  test('is refused all other ways to its ConfigMap and its neighbours', async () => {
    const login = await cluster().login(restricted, 'hpdummy')
    await cluster().kubectl(`get configmap hpdummy -n ${restricted}`, login)
    for (const words of [
      `get configmaps -n ${restricted}`,
      `get configmap kube-root-ca.crt -n ${restricted}`,
      `get configmap hpdummy -n default`,
      `annotate configmap hpdummy a=b -n ${restricted}`,
      `delete configmap hpdummy -n ${restricted}`,
      `get events.events.k8s.io -n ${restricted}`,
      `get secrets -n ${restricted}`,
      `get pods -n ${restricted}`,
    ]) {
      assert.match(await cluster().refusal(words, login), /forbidden/, words)
    }
  })

  test('may not tell Events when they are off', async () => {
    const values = cluster().file({ apiWatch: { enabled: true, events: false } })
    await cluster().release('upgrade', values)
    assert.deepEqual(await granted(), [watchOnly])
  })

  test('is not made when nothing is watched, and the pod gets no token', async () => {
    await cluster().release('upgrade')
    const made = 'serviceaccount,role,rolebinding -l app.kubernetes.io/instance=hpdummy'
    assert.equal(await cluster().kubectl(`get ${made} -n ${restricted} -o name`), '')
    const path = '{.spec.template.spec.automountServiceAccountToken}'
    const words = `get deployment hpdummy -n ${restricted} -o jsonpath=${path}`
    assert.equal(await cluster().kubectl(words), 'false')
  })
})
