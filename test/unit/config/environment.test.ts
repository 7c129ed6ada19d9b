import assert from 'node:assert/strict'
import { test } from 'node:test'

import { readEnvironment, unknownVariables } from '../../../app/config/environment.ts'

test('a variable that is not a setting is named, with the nearest setting', () => {
  const sentences = unknownVariables({
    HPDUMMY_HTTP_PROT: '80',
    HPDUMMY_BANANA: '1',
    HPDUMMY_HTTP_PORT: '80',
    HPDUMMY_EMPTY: '',
    HTTP_PROT: '80',
  })
  assert.deepEqual(sentences, [
    'HPDUMMY_BANANA: no setting has this variable, so it has no effect; --help lists them',
    'HPDUMMY_HTTP_PROT: no setting has this variable, so it has no effect; did you mean HPDUMMY_HTTP_PORT? --help lists them',
  ])
})

test('the variables that Kubernetes makes for Services are neither settings nor warned of', () => {
  const env = {
    HPDUMMY_SERVICE_HOST: '10.0.0.1',
    HPDUMMY_SERVICE_PORT: '8080',
    HPDUMMY_SERVICE_PORT_HTTP_ALT: '8080',
    HPDUMMY_PORT: 'tcp://10.0.0.1:8080',
    HPDUMMY_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
    HPDUMMY_PORT_8080_TCP_PROTO: 'tcp',
    HPDUMMY_PORT_8080_TCP_PORT: '8080',
    HPDUMMY_PORT_8080_TCP_ADDR: '10.0.0.1',
    HPDUMMY_UDP_PORT_7007_UDP: 'udp://10.0.0.1:7007',
    HPDUMMY_GRPC_SERVICE_HOST: '10.0.0.2',
    HPDUMMY_HTTP_PORT: 'tcp://10.0.0.2:80',
  }
  assert.deepEqual(unknownVariables(env), [])
  assert.equal(readEnvironment(env).size, 0)
})

test('a great many variables do not fill the log', () => {
  const env = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [`HPDUMMY_${index}_${'X'.repeat(1000)}`, '1']),
  )
  const sentences = unknownVariables(env)
  assert.ok(sentences.length <= 20 && sentences.every((sentence) => sentence.length < 300))
})
