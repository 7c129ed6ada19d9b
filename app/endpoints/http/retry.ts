import { errorText } from '../../errors.ts'
import { type Answer, objectOf, requestIdHeader } from '../answers.ts'
import { anyText, count, integer, optional } from '../codecs.ts'
import { endpoint, errorSchema, jsonReply } from '../endpoint.ts'

const failure: Answer = {
  description: 'An attempt that fails',
  headers: requestIdHeader,
  content: { 'application/json': errorSchema },
}

export const retry = endpoint({
  id: 'retry',
  path: '/retry',
  summary: 'Fails as often as fail says for each id, then succeeds and says how often it was asked',
  parameters: {
    id: {
      in: 'query',
      codec: optional(anyText(0), ''),
      doc: 'whose attempts are counted together, over all workers of the pod; requests without it share one count',
    },
    fail: { in: 'query', codec: optional(count(0), 1), doc: 'how many attempts fail' },
    code: { in: 'query', codec: optional(integer(400, 599), 503), doc: 'the status of those' },
  },
  group: 'failure',
  answers: {
    200: {
      description: 'The attempts of this id so far, this one included',
      content: {
        'application/json': objectOf({
          id: { type: 'string' },
          attempts: { type: 'integer', minimum: 1 },
        }),
      },
    },
    '4XX': failure,
    '5XX': failure,
  },
  reads: 'nothing',
  examples: [
    { path: '/retry?id=one&fail=0', status: 200, expectBody: { json: { id: 'one' } } },
    {
      path: '/retry?id=many&fail=1000000',
      status: 503,
      expectBody: { json: { code: 'INJECTED' } },
    },
    { path: '/retry?id=busy&fail=1000000&code=429', status: 429 },
    { path: '/retry?fail=-1', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  handle({ origin, requestId }, { id, fail, code }) {
    const before = origin.counts.next(`retry ${id}`)
    const attempts = before + 1
    if (before >= fail) return jsonReply({ id, attempts })
    const error = `attempt ${attempts} of ${id}: the first ${fail} fail, as the request asked`
    return {
      status: code,
      headers: [
        ['Content-Type', 'application/json'],
        ['X-Request-ID', requestId],
      ],
      body: { kind: 'bytes', bytes: errorText('INJECTED', error, requestId) },
    }
  },
})
