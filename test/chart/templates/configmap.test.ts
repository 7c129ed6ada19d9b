import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { withoutHelm } from '../../support/chart/helm.ts'
import { renderOnly } from '../../support/chart/part.ts'
import { createDirectory } from '../../support/programs.ts'

const data = (values: object): unknown => renderOnly('ConfigMap', values)['data']

const config = {
  workers: 2,
  log: { level: 'debug' },
  limits: { count: 20_000_000, payload: '10G', delay: 90_000 },
  tls: { selfSigned: true },
  wire: { port: 'none' },
  tcp: { greeting: '220 "hello"\\r\\n', noDelay: false, backlog: 64 },
  grpc: { status: 'INTERNAL:5,UNAVAILABLE:0.5' },
}

const flat = {
  workers: '2',
  'log.level': 'debug',
  'limits.count': '20000000',
  'limits.payload': '10G',
  'limits.delay': '90000',
  'tls.selfSigned': 'true',
  'wire.port': 'none',
  'tcp.greeting': '220 "hello"\\r\\n',
  'tcp.noDelay': 'false',
  'tcp.backlog': '64',
  'grpc.status': 'INTERNAL:5,UNAVAILABLE:0.5',
}

suite('configmap.yaml', { skip: withoutHelm() }, () => {
  test('has a key for each setting that was given, and no others', () => {
    assert.equal(data({}), undefined)
    assert.deepEqual(data({ config }), flat)
  })

  test('has the certificate of a Secret', () => {
    const files = {
      'tls.certFile': '/etc/hpdummy-tls/tls.crt',
      'tls.keyFile': '/etc/hpdummy-tls/tls.key',
    }
    assert.deepEqual(data({ tls: { secretName: 'a' } }), files)
    const made = { certManager: { enabled: true, issuerRef: { name: 'i' } } }
    assert.deepEqual(data({ tls: made }), files)
  })

  test('is taken by the program as it would be mounted', (t) => {
    const directory = createDirectory(t)
    for (const [name, value] of Object.entries(data({ config }) as typeof flat)) {
      writeFileSync(join(directory, name), value)
    }
    const flags = ['app/main.ts', `--config=${directory}`, '--print-config']
    const { stdout, status } = spawnSync(process.execPath, flags, { encoding: 'utf8' })
    assert.equal(status, 0)
    for (const line of ['workers: 2', 'limits.count: 20000000', 'limits.delay: 90s']) {
      assert.ok(stdout.includes(line), `${line} is not in\n${stdout}`)
    }
  })
})
