import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { type TestContext, suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { allFreed, readActivity } from '../support/shared-origin.ts'
import { until, within } from '../support/wait.ts'
import { howItEnds, useWire, wireUrl } from './wire-client.ts'
import { askHttp2, openHttp2, readAnswer } from './wire-http2-client.ts'

const { origin, url } = useWire({ 'keepAlive.idle': '300ms', 'keepAlive.requests': 3 })

suite('keepAlive on HTTP/2', { concurrency: 2 }, () => {
  test('the third stream is the last: GOAWAY, and it is answered', async () => {
    const session = await openHttp2(url())
    const goaway = once(session, 'goaway')
    for (let count = 0; count < 2; count++) {
      assert.equal((await askHttp2(session, { ':path': '/' })).status, 200)
    }
    const last = askHttp2(session, { ':path': '/delay/100' })
    assert.equal((await within('GOAWAY', goaway))[0], constants.NGHTTP2_NO_ERROR)
    assert.equal((await last).status, 200)
    await until('the end of the session', () => session.destroyed)
  })

  test('of ten in one write three are answered, the others refused for another try', async () => {
    const session = await openHttp2(url())
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => {
        const stream = session.request({ ':path': '/' })
        stream.on('error', () => {})
        const over = new Promise<string>((resolve) => {
          stream.once('close', () => resolve(stream.rstCode === 0 ? 'answered' : 'refused'))
        })
        stream.resume()
        return within('the end of a stream', over)
      }),
    )
    assert.equal(outcomes.filter((outcome) => outcome === 'answered').length, 3)
  })

  test('an idle session ends after keepAlive.idle', async () => {
    const session = await openHttp2(url())
    const askedAt = performance.now()
    await askHttp2(session, { ':path': '/' })
    await within('the end', new Promise((resolve) => session.once('close', resolve)))
    const ms = performance.now() - askedAt
    assert.ok(ms >= 290, `after ${ms} ms`)
  })

  test('a session with an open stream does not', async () => {
    const session = await openHttp2(url())
    assert.equal((await askHttp2(session, { ':path': '/delay/900' })).status, 200)
    session.destroy()
  })

  test('nothing is held afterwards', () => allFreed(origin()))
})

/** An origin that takes its time to drain. */
function startDraining(t: TestContext): Promise<TestOrigin> {
  return startOrigin(t, { 'drain.quiet': '1500ms', 'drain.notice': '1500ms' })
}

suite('while it drains', { concurrency: 2 }, () => {
  test('HTTP/2 has GOAWAY, and streams that are open go on to their end', async (t) => {
    const draining = await startDraining(t)
    const session = await openHttp2(wireUrl(draining))
    const slow = readAnswer(session.request({ ':path': '/delay/1s' }))
    const stream = readAnswer(session.request({ ':path': '/drip?bytes=5&duration=1s' }))
    await until('both under way', () => readActivity(draining), {
      holds: ({ requests }) => requests === 2,
    })
    const goaway = once(session, 'goaway')
    draining.signal('SIGTERM')
    assert.equal((await within('GOAWAY', goaway))[0], constants.NGHTTP2_NO_ERROR)
    assert.equal(jsonOf(await slow)['path'], '/delay/1s')
    assert.equal((await stream).body.length, 5)
    assert.equal(await draining.exited, 0)
  })

  test('answers of HTTP/1.1 say close and do, new connections are still answered', async (t) => {
    const draining = await startDraining(t)
    const connection = await RawConnection.open(wireUrl(draining))
    const ended = howItEnds(connection)
    connection.send(rawRequest('GET /'))
    assert.equal(headerOf(await connection.answer(), 'connection'), 'keep-alive')
    draining.signal('SIGTERM')
    await draining.waitForLog(({ msg }) => msg === 'draining')
    const said = await until(
      'the worker has heard of the drain',
      async () => {
        const fresh = await RawConnection.open(wireUrl(draining))
        fresh.send(rawRequest('GET /'))
        const answer = await fresh.answer()
        fresh.leave()
        return headerOf(answer, 'connection')
      },
      { holds: (value) => value === 'close' },
    )
    assert.equal(said, 'close')
    connection.send(rawRequest('GET /bin/100'))
    const last = await connection.answer()
    assert.deepEqual([last.status, headerOf(last, 'connection')], [200, 'close'])
    assert.equal(await ended, 'FIN')
    const session = await openHttp2(wireUrl(draining))
    assert.equal((await askHttp2(session, { ':path': '/' })).status, 200)
    await within('the end', new Promise((resolve) => session.once('close', resolve)))
    assert.equal(await draining.exited, 0)
  })
})
