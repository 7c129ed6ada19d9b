import { scanNeeded } from '../syntax/after-word.ts'
import type { Fault } from './plan.ts'

/** The status that a gRPC call fails with. */
export const grpcStatus: Fault = {
  name: 'grpc-status',
  syntax: '=<1 to 16>',
  examples: ['fault=grpc-status=14'],
  effect: 'The gRPC call fails with that status.',
  proxy: 'A proxy passes the status on, and tries again only where its retry policy names it.',
  carriers: ['grpc'],
  scan(scanner) {
    const code = scanNeeded(
      scanner,
      () => scanner.integer([1, 16]),
      '= and a status: grpc-status=14',
    )
    return { text: `=${code}`, plan: () => ({ grpcStatus: code }) }
  },
}
