import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { renderNotes, withoutHelm } from '../../support/chart/helm.ts'

const notes = (values: object = {}): string => renderNotes({ values })

suite('NOTES.txt', { skip: withoutHelm() }, () => {
  test('says where to aim, with what, and how to look inside', () => {
    const text = notes()
    const wanted = [
      '2 pods.',
      'http://hpdummy.load.svc:80\n',
      'wire: hpdummy.load.svc:8081\n',
      'grpc: hpdummy.load.svc:50051\n',
      'http.get("http://hpdummy.load.svc:80/bin/1K")',
      'fortio -- load -c 50 -qps 0 -t 30s http://hpdummy.load.svc:80/bin/1K',
      'port-forward deployment/hpdummy 9000:9000',
      'hpdummy-headless.load.svc',
      'helm -n load test hpdummy',
    ]
    for (const line of wanted) assert.ok(text.includes(line), `${line} is not in\n${text}`)
    assert.ok(!text.includes('https://'))
  })

  test('says why nothing scales, where nothing does', () => {
    const why = 'more origins in the middle of a test change what is measured'
    assert.ok(notes().includes(why))
    assert.ok(!notes({ autoscaling: { enabled: true } }).includes(why))
  })

  test('warns of what will hurt', () => {
    assert.ok(!notes().includes('WARNING'))
    const limits = { limits: { cpu: null, memory: null } }
    assert.match(notes({ resources: limits }), /WARNING: without resources\.limits\.cpu .*each CPU/)
    assert.match(notes({ resources: limits }), /WARNING: without resources\.limits\.memory/)
    const both = { autoscaling: { enabled: true }, vpa: { enabled: true } }
    assert.match(notes(both), /WARNING: vpa changes the requests by which pods are scaled/)
    assert.match(notes({ hostNetwork: true }), /WARNING: on the node's network two pods/)
  })

  test('says which ports of a node are taken', () => {
    const config = { tcp: { echoPort: 'none' } }
    const text = notes({ hostNetwork: true, config })
    for (const port of [' udp-echo 7007,', ' tcp-payload 7019,', ' admin 9000.']) {
      assert.ok(text.includes(port), `${port} is not in\n${text}`)
    }
    assert.ok(!text.includes('tcp-echo 7007'))
    assert.ok(!notes({ config }).includes('tcp-payload'))
  })

  test('has nothing to aim at port http when that is off, and no limits to warn of twice', () => {
    const text = notes({ ports: { http: { enabled: false } }, resources: null })
    assert.ok(!text.includes('fortio'))
    assert.equal(text.match(/WARNING: without resources/g)?.length, 2)
  })

  test('names all that is open', () => {
    const text = notes({
      tls: { secretName: 'a' },
      drain: { profile: 'alb' },
      ingress: { enabled: true, hosts: ['a.io'], tlsSecretName: 's' },
      admin: { tokenSecret: { name: 'a' } },
      kind: 'DaemonSet',
    })
    for (const line of [
      'https://hpdummy.load.svc:443',
      'https://a.io',
      'with the token',
      'ALB 6 s',
    ]) {
      assert.ok(text.includes(line), `${line} is not in\n${text}`)
    }
    assert.match(text, /one pod on each node/)
  })
})
