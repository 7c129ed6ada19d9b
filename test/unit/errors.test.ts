import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type ErrorCode, OriginError, errorCodes } from '../../app/errors.ts'

// The contract of error answers; codes join it as the origin learns to refuse more.
const contract: Readonly<Record<string, number>> = {
  INVALID_REQUEST: 400,
  TIMEOUT: 408,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  EXPECTATION_FAILED: 417,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  PROCESSING_ERROR: 500,
  UNSUPPORTED_ON_LISTENER: 501,
  SERVICE_OVERLOADED: 503,
  DRAINING: 503,
}

test('each code has the status of the contract', () => {
  for (const [code, { http }] of Object.entries(errorCodes)) {
    assert.equal(http, contract[code], code)
  }
})

test('each code closes a WebSocket with a code that may travel', () => {
  // RFC 6455 7.4: 1004-1006 and 1015 are never sent.
  for (const [code, { ws }] of Object.entries(errorCodes)) {
    assert.ok([1000, 1001, 1002, 1003].includes(ws) || (ws >= 1007 && ws <= 1014), code)
  }
})

test('an error carries its code, sentence and headers', () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const error = new OriginError(code, 'say it')
    assert.equal(error.code, code)
    assert.equal(error.message, 'say it')
    assert.equal(error.name, 'OriginError')
    assert.deepEqual(error.headers, [])
    assert.ok(error instanceof Error)
  }
  assert.deepEqual(new OriginError('TIMEOUT', '', [['A', 'b']]).headers, [['A', 'b']])
})
