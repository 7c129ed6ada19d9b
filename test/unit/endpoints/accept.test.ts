import assert from 'node:assert/strict'
import { test } from 'node:test'

import { acceptsGzip, preferredType } from '../../../app/endpoints/accept.ts'

const [text, open, json] = ['text/plain', 'application/openmetrics-text', 'application/json']

test('an Accept header is read with its weights, in any case and order', () => {
  const cases: readonly (readonly [string | undefined, string | undefined])[] = [
    [undefined, text],
    ['', text],
    ['*/*', text],
    ['application/json', json],
    ['text/html, application/json;q=0.9', json],
    ['application/json;q=0, text/plain', text],
    ['application/openmetrics-text;q=0,text/plain', text],
    ['text/plain;q=0.9, application/openmetrics-text;q=0.1', text],
    ['Application/OpenMetrics-Text; version=1.0.0', open],
    [
      'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
      open,
    ],
    ['application/json;q=x', text],
  ]
  for (const [accept, type] of cases) assert.equal(preferredType(accept), type, accept)
})

test('gzip is used when Accept-Encoding names it, or anything, with a weight above 0', () => {
  const takers = [
    'gzip',
    'x-gzip',
    'GZip',
    'br, gzip;q=0.1',
    'deflate,gzip',
    '*',
    'br;q=0, *;q=0.5',
  ]
  const others = [undefined, '', 'identity', 'br', 'gzip;q=0', '*, gzip;q=0', '*;q=0', 'gzip;q=x']
  for (const header of takers) assert.equal(acceptsGzip(header), true, header)
  for (const header of others) assert.equal(acceptsGzip(header), false, header)
})
