import { endpoint } from '../endpoint.ts'
import { computing, exampleOf, refusedBody, squareAtOnce } from './computing.ts'

const path = '/api/v1/compute'

export const compute = endpoint({
  id: 'compute',
  path,
  summary: 'The square of a number, computed at once; the same as /api/v1/compute/fast',
  ...computing,
  examples: [
    exampleOf(path, 7, 49),
    exampleOf(path, 0, 0),
    exampleOf(path, 1_000_000, 1_000_000_000_000),
    ...['{"number": 1000001}', '{"number": -1}', '{"number": 1.5}', '{"number": "7"}'].map((body) =>
      refusedBody(path, body),
    ),
    ...['{}', '[7]', 'null', 'seven', ''].map((body) => refusedBody(path, body)),
    { path, status: 405, expectBody: { json: { code: 'METHOD_NOT_ALLOWED' } } },
  ],
  handle: squareAtOnce,
})
