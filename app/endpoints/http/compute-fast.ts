import { endpoint } from '../endpoint.ts'
import { computing, exampleOf, refusedBody, squareAtOnce } from './computing.ts'

const path = '/api/v1/compute/fast'

export const computeFast = endpoint({
  id: 'compute-fast',
  path,
  summary: 'The square of a number, computed at once',
  ...computing,
  examples: [exampleOf(path, 12, 144), refusedBody(path, '{"number": null}')],
  handle: squareAtOnce,
})
