import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { loadConfig } from '../../../app/config/load.ts'
import { portsFor } from '../../../app/runtime/ports.ts'
import { withoutHelm } from '../../support/chart/helm.ts'
import { container, part, podSpec } from '../../support/chart/part.ts'

interface ContainerPort {
  readonly name: string
  readonly containerPort: number
  readonly protocol: string
}

const named = (values: object): readonly ContainerPort[] =>
  part(container(podSpec(values)), 'ports') as readonly ContainerPort[]

/** What the container says is open, but the admin port. */
const traffic = (values: object): readonly string[] =>
  named(values)
    .filter(({ name }) => name !== 'admin')
    .map(({ containerPort, protocol }) => `${containerPort}/${protocol}`)
    .toSorted()

/** What the program opens with these flags. */
async function opened(...flags: readonly string[]): Promise<readonly string[]> {
  const loaded = loadConfig(flags, {})
  if ('problems' in loaded) return assert.fail(loaded.problems.join('\n'))
  return Object.entries((await portsFor(loaded.config)).ports)
    .filter(([, port]) => port !== undefined)
    .map(([name, port]) => `${port}/${name.startsWith('udp') ? 'UDP' : 'TCP'}`)
    .toSorted()
}

suite('_ports.tpl', { skip: withoutHelm() }, () => {
  test('names every port that the program opens, whether or not a Service has it', async () => {
    const udp = { udp: { echoPort: 7008 } }
    const flags = ['--udp-echo-port=7008']
    assert.deepEqual(traffic({ config: udp }), await opened(...flags))
    const config = { ...udp, tls: { selfSigned: true } }
    assert.deepEqual(traffic({ config }), await opened('--tls-self-signed', ...flags))
    const ports = { http: { enabled: false }, grpc: { enabled: false } }
    assert.deepEqual(traffic({ ports, config: udp }), await opened(...flags))
  })

  test('names no number twice unless it must: kubectl apply could not change the pod', async () => {
    const all = await opened()
    assert.ok(all.includes('7007/TCP') && all.includes('7007/UDP'))
    assert.deepEqual(
      traffic({}),
      all.filter((port) => port !== '7007/UDP'),
    )
    assert.deepEqual(traffic({ hostNetwork: true }), all)
    assert.deepEqual(traffic({ ports: { 'udp-echo': { enabled: true } } }), all)
    const config = { tcp: { echoPort: 'none' } }
    assert.deepEqual(traffic({ config }), await opened('--tcp-echo-port=none'))
  })

  test('names none that is closed', async () => {
    const config = { wire: { port: 'none' }, udp: { echoPort: 'none' }, grpc: { port: 5000 } }
    const flags = ['--wire-port=none', '--udp-echo-port=none', '--grpc-port=5000']
    assert.deepEqual(traffic({ config }), await opened(...flags))
  })

  test('names a port once, by its first row', () => {
    const row = { enabled: true, setting: 'wire.port', port: 8082 }
    const wire = named({ ports: { 'wire-h2c': row } }).filter(
      ({ containerPort }) => containerPort === 8081,
    )
    assert.deepEqual(wire, [{ name: 'wire', containerPort: 8081, protocol: 'TCP' }])
  })

  test('knows nothing of a port without a setting until it is enabled', () => {
    const beside = { enabled: false, containerPort: 7070, port: 7070 }
    assert.ok(!traffic({ ports: { beside } }).includes('7070/TCP'))
    const open = traffic({ ports: { beside: { ...beside, enabled: true } } })
    assert.ok(open.includes('7070/TCP'))
  })
})
