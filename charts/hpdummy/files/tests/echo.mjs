// What is sent to the Service comes back as the origin saw it.
import assert from 'node:assert/strict'

const answer = await fetch(`${process.env.ORIGIN}/chart/test?a=1`, {
  method: 'POST',
  headers: { 'X-Request-ID': 'helm-test', 'X-Chart': 'yes' },
  body: 'hello',
  signal: AbortSignal.timeout(30_000),
})
assert.equal(answer.status, 200)
assert.equal(answer.headers.get('x-request-id'), 'helm-test')
const echo = await answer.json()
assert.equal(echo.method, 'POST')
assert.equal(echo.path, '/chart/test')
assert.equal(echo.query, 'a=1')
assert.equal(echo.headers['x-chart'], 'yes')
assert.equal(echo.body, 'hello')
process.stdout.write(`echoed by ${echo._myhostname}\n`)
