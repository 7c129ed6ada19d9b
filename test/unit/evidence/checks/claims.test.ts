// What proxies say of a request, beside what the ledger has of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { claimsOf } from '../../../../app/evidence/checks/claims.ts'
import type { Answer, Fields } from '../../../../app/evidence/client/answer.ts'
import type { LedgerRecord } from '../../../../app/evidence/ledger/record.ts'

const answerWith = (fields: Fields) =>
  ({ head: { version: '1.1', status: 200, reason: '', fields, lines: [] } }) as unknown as Answer

const arrival = ({ status = 200, headers = [] as Fields, attempt = '' } = {}) =>
  ({
    status,
    headers,
    retry_hints: attempt === '' ? {} : { 'x-envoy-attempt-count': attempt },
  }) as unknown as LedgerRecord

const once = [arrival()]
const twice = [arrival({ status: 503, attempt: '1' }), arrival({ attempt: '2' })]

const cases: readonly (readonly [
  fields: Fields,
  arrivals: readonly LedgerRecord[],
  wrong: RegExp | undefined,
])[] = [
  [[['Cache-Status', 'a; fwd=uri-miss, b; hit']], [], /says fwd/],
  [[['Cache-Status', 'a; hit; ttl=5']], [], undefined],
  [[['Cache-Status', 'a; hit']], once, /says hit, and the origin got it/],
  // One that was revalidated.
  [[['Cache-Status', 'a; hit; fwd=stale']], once, undefined],
  [[['X-Cache', 'MISS from a']], once, undefined],
  [[['X-Cache', 'Hit from cloud']], once, /X-Cache says Hit from cloud/],
  [[['X-Cache', 'MISS']], [], /X-Cache says MISS/],
  [[['Proxy-Status', 'a; error=connection_refused']], once, /the origin got the request/],
  [[['Proxy-Status', 'a; error=connection_refused']], [], undefined],
  [[['Proxy-Status', 'a; error=connection_terminated']], once, undefined],
  [[['Proxy-Status', 'a; received-status=502']], twice, /received-status=502, .* sent 503, 200/],
  [[['Proxy-Status', 'a; received-status=503']], twice, undefined],
  [[['X-Envoy-Attempt-Count', '2']], twice, undefined],
  [[['X-Envoy-Attempt-Count', '1']], twice, /of the answer says 1, and the origin got it 2 times/],
  [[], [arrival({ attempt: '1' }), arrival({ attempt: '1' })], /says 1, 1 on arrivals 1 to 2/],
  [[], [arrival({ headers: [['Via', '1.1 a, 2 b']] })], undefined],
  [[], [arrival({ headers: [['Via', 'HTTP/1.1 a']] })], undefined],
  [[], [arrival({ headers: [['Via', '2.0 a']] })], /Via says 2\.0/],
]

for (const [fields, arrivals, wanted] of cases) {
  const shown = [...fields, ...arrivals.flatMap(({ headers }) => headers ?? [])].join(' ')
  test(`${shown || 'nothing'}, with ${arrivals.length} arrivals`, () => {
    const { wrong } = claimsOf(answerWith(fields), arrivals)
    if (wanted === undefined) assert.deepEqual(wrong, [])
    else assert.match(wrong.join('\n'), wanted)
  })
}

test('what is said is told once', () => {
  const fields = [['Cache-Status', 'a; fwd=method']] as const
  const via = arrival({ headers: [['Via', '1.1 a']] })
  assert.deepEqual(claimsOf(answerWith(fields), [via, via]).said, [
    'Cache-Status: a; fwd=method',
    'Via: 1.1 a',
  ])
})
