import assert from 'node:assert/strict'
import { test } from 'node:test'

import { readTracing } from '../../../app/config/tracing.ts'

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

test('only an endpoint enables traces', () => {
  assert.deepEqual(readTracing(endpoint), { serviceName: 'hpdummy' })
  const ofTraces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }
  assert.deepEqual(readTracing(ofTraces), { serviceName: 'hpdummy' })
  assert.equal(readTracing({}), undefined)
  assert.equal(readTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }), undefined)
  assert.equal(readTracing({ OTEL_TRACES_EXPORTER: 'otlp' }), undefined)
})

test("OpenTelemetry's own switches turn them off", () => {
  assert.equal(readTracing({ ...endpoint, OTEL_SDK_DISABLED: 'true' }), undefined)
  assert.equal(readTracing({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }), undefined)
})

test('a service that the variables name keeps its name', () => {
  const unnamed = { serviceName: undefined }
  assert.deepEqual(readTracing({ ...endpoint, OTEL_SERVICE_NAME: 'mine' }), unnamed)
  const attributes = { OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=a,service.name=mine' }
  assert.deepEqual(readTracing({ ...endpoint, ...attributes }), unnamed)
  const others = { OTEL_RESOURCE_ATTRIBUTES: 'my.service.name=a' }
  assert.deepEqual(readTracing({ ...endpoint, ...others }), { serviceName: 'hpdummy' })
})
