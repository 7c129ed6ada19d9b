import { poolRefusals } from '../answers.ts'
import { endpoint } from '../endpoint.ts'
import { computeInPool, computing, exampleOf, refusedBody } from './computing.ts'

const path = '/api/v1/compute/intensive'

export const computeIntensive = endpoint({
  id: 'compute-intensive',
  path,
  summary: '10,000 rounds of x * 31 modulo 1,000,000, by a thread of the compute pool',
  ...computing,
  refusals: [...computing.refusals, ...poolRefusals],
  examples: [exampleOf(path, 7, 600_007), refusedBody(path, '{"number": 1e9}')],
  handle: (exchange) => computeInPool(exchange, 'intensive'),
})
