// The wire port speaks HTTP/2 without an upgrade, and the echo says so.
import assert from 'node:assert/strict'
import { connect } from 'node:http2'

const session = connect(process.env.WIRE)
const call = session.request({ ':method': 'POST', ':path': '/chart/test?a=1', 'x-chart': 'yes' })
session.setTimeout(30_000, () => session.destroy(new Error('no answer within 30 s')))
call.end('hello')
let status
call.on('response', (headers) => (status = headers[':status']))
const echo = JSON.parse(Buffer.concat(await call.toArray()))
session.close()
assert.equal(status, 200)
assert.equal(echo.path, '/chart/test')
assert.equal(echo.headers['x-chart'], 'yes')
assert.equal(echo.body, 'hello')
assert.match(echo.http_version, /^(?:HTTP\/)?2/)
process.stdout.write(`echoed over HTTP/2 by ${echo._myhostname}\n`)
