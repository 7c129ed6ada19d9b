import type { ServerHttp2Stream } from 'node:http2'

import { unknownMethodPath } from '../../endpoints/grpc/grpc-endpoint.ts'
import { grpcStatuses } from '../../errors.ts'
import type { Places } from '../http/record.ts'
import type { CallHead, GrpcPort, GrpcRoute } from './port.ts'
import { CallRecord } from './record.ts'

/**
 * Records a call that the library has answered before anybody followed it: one of a method that there is not
 * (UNIMPLEMENTED), or one whose content type is not gRPC's (415, which clients take for UNKNOWN:
 * grpc/doc/http-grpc-status-mapping.md).
 */
export function recordRefusedCall(
  port: GrpcPort,
  route: GrpcRoute | undefined,
  { stream, head, places }: RefusedCall,
): void {
  const record = new CallRecord(port, route ?? { place: places(unknownMethodPath) }, head)
  record.begin()
  record.end(Number(stream.sentHeaders?.['grpc-status'] ?? grpcStatuses.UNKNOWN))
}

interface RefusedCall {
  readonly stream: ServerHttp2Stream
  readonly head: CallHead
  readonly places: Places
}
