// A few of each kind of answer: is that the origin, and does all of it come through?
import { check } from 'k6'
import crypto from 'k6/crypto'
import http from 'k6/http'

import { flawless, number, target } from './target.js'

export const options = {
  vus: 1,
  iterations: number('ITERATIONS', 10),
  thresholds: flawless,
}

const anyByte = { responseType: 'binary' }

/** One round. */
export default function smoke() {
  const id = `${__VU}-${__ITER}`
  check(http.get(`${target}/any/path?id=${id}`), {
    'echo has the query': (answer) => answer.json('query') === `id=${id}`,
  })
  check(http.post(`${target}/`, id), {
    'echo has the body': (answer) => answer.json('body') === id,
  })
  check(http.get(`${target}/bin/64K?seed=7&digest=true`, anyByte), {
    'payload is whole': ({ body, headers }) =>
      headers['Repr-Digest'] === `sha-256=:${crypto.sha256(body, 'base64')}:`,
  })
  check(http.get(`${target}/chunked/8?size=1K`), {
    'all chunks came': ({ body }) => body.length === 8 * 1024,
  })
  check(http.get(`${target}/sse?count=3&interval=10`), {
    'all events came': ({ body }) => body.split('\n\n').filter(Boolean).length === 3,
  })
  check(http.post(`${target}/upload?seed=0`, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'), {
    'upload arrived as sent': (answer) => answer.json('first_bad_offset') === -1,
  })
  // A timer counts whole milliseconds.
  check(http.get(`${target}/delay/20`), {
    'delay was kept': ({ timings }) => timings.waiting >= 19,
  })
  const asked = { responseCallback: http.expectedStatuses(503) }
  check(http.get(`${target}/status/503`, asked), {
    'status is the one asked for': ({ status }) => status === 503,
  })
}
