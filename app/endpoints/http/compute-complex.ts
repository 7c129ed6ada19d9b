import { poolRefusals } from '../answers.ts'
import { endpoint } from '../endpoint.ts'
import { computeInPool, computing, exampleOf, refusedBody } from './computing.ts'

const path = '/api/v1/compute/complex'

export const computeComplex = endpoint({
  id: 'compute-complex',
  path,
  summary: '5 ms, then the square of a number, by a thread of the compute pool',
  ...computing,
  refusals: [...computing.refusals, ...poolRefusals],
  examples: [exampleOf(path, 30, 900), refusedBody(path, '{"number": [1]}')],
  handle: (exchange) => computeInPool(exchange, 'complex'),
})
