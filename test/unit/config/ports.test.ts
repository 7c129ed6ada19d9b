import assert from 'node:assert/strict'
import { test } from 'node:test'

import { hasCertificate, portNames, ports } from '../../../app/config/ports.ts'
import { type SettingName, settings } from '../../../app/config/settings.ts'
import { tcpRows } from '../../../app/endpoints/table.ts'

test('every setting of a traffic port is in the table once, and needs a new process to change', () => {
  const inTable = portNames.map((name) => ports[name].setting)
  const asked = (Object.keys(settings) as SettingName[]).filter(
    (name) => settings[name].format.allowed.startsWith('a port') && name !== 'admin.port',
  )
  assert.deepEqual(inTable.toSorted(), asked.toSorted())
  for (const name of inTable) assert.equal(settings[name].reload, 'process', name)
})

test('every TCP endpoint has a port, and every TCP port an endpoint', () => {
  const rows = portNames.map((name) => ports[name]).filter(({ kind }) => kind === 'tcp')
  const ids = new Set(rows.map((row) => ('endpoint' in row ? row.endpoint : undefined)))
  assert.deepEqual(ids, new Set(tcpRows.map(({ id }) => id)))
})

test('TLS ports open with a certificate that is given or made', () => {
  const none = { 'tls.certFile': undefined, 'tls.selfSigned': false }
  assert.equal(hasCertificate(none), false)
  assert.equal(hasCertificate({ ...none, 'tls.selfSigned': true }), true)
  assert.equal(hasCertificate({ ...none, 'tls.certFile': 'tls.crt' }), true)
})
