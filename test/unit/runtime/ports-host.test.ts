import assert from 'node:assert/strict'
import { test } from 'node:test'

import { hostForUrl } from '../../../app/runtime/ports.ts'

test('an origin that listens on one address is reached there, whatever Host says', () => {
  assert.equal(hostForUrl('127.0.0.1', 'origin.test:9000'), '127.0.0.1')
  assert.equal(hostForUrl('::1', 'origin.test'), '[::1]')
})

test('one that listens on all addresses is reached by the host the reader came by', () => {
  for (const listening of ['::', '0.0.0.0']) {
    assert.equal(hostForUrl(listening, 'origin.test:9000'), 'origin.test')
    assert.equal(hostForUrl(listening, '10.0.0.7'), '10.0.0.7')
    assert.equal(hostForUrl(listening, '[fd00::7]:9000'), '[fd00::7]')
  }
})

test('an invalid Host does not get into a URL', () => {
  for (const given of [
    undefined,
    '',
    'a b',
    'a"b',
    'user@host',
    'host/path',
    'host:port',
    '[::1',
  ]) {
    assert.equal(hostForUrl('::', given), 'localhost')
  }
})
