// grpc.health.v1.Health/Check of the whole server says SERVING. The call is one HTTP/2 request with an
// empty message, so no gRPC library is needed to ask.
import assert from 'node:assert/strict'
import { connect } from 'node:http2'

const session = connect(process.env.GRPC)
const call = session.request({
  ':method': 'POST',
  ':path': '/grpc.health.v1.Health/Check',
  'content-type': 'application/grpc',
  te: 'trailers',
})
session.setTimeout(30_000, () => session.destroy(new Error('no answer within 30 s')))
// Five bytes frame a message: not compressed, length 0.
call.end(Buffer.alloc(5))
let status
call.on('response', (headers) => (status ??= headers['grpc-status']))
call.on('trailers', (trailers) => (status = trailers['grpc-status']))
const body = Buffer.concat(await call.toArray())
session.close()
assert.equal(status, '0')
// Field 1, a varint: 1 is SERVING.
assert.deepEqual(body.subarray(5), Buffer.from([8, 1]))
process.stdout.write('SERVING\n')
