import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer as createHttp2Server } from 'node:http2'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { readKernelFile } from '../../app/runtime/machine/cgroup.ts'
import { applySocketOptions } from '../../app/runtime/sockets/options.ts'
import { acceptedOn, backlogs, timers, withoutLinux, withoutSs } from '../support/kernel-words.ts'
import { applyOne, call, openNode, openUws, unlike, usual } from '../support/open-ports.ts'
import { until, within } from '../support/wait.ts'

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

test('both engines: the backlog is what ss says', { skip: withoutSs }, async (t) => {
  for (const port of [await openUws(t), await openNode(t, {})]) {
    assert.notDeepEqual(backlogs(port.port), [101])
    const { backlog, sockets } = await applyOne(port, usual)
    assert.deepEqual([backlog, sockets], [{ asked: 101, kernel: 101 }, 1])
    assert.deepEqual(backlogs(port.port), [101])
  }
})

test(
  'a backlog beyond somaxconn is capped, and the note has the limit',
  { skip: withoutSs },
  async (t) => {
    const limit = Number(readKernelFile('/proc/sys/net/core/somaxconn'))
    const port = await openNode(t, {})
    const { backlog } = await applyOne(port, { ...usual, backlog: limit + 1 })
    assert.equal(backlog.kernel, limit)
    assert.match(backlog.note ?? '', new RegExp(`net\\.core\\.somaxconn .*${limit}$`))
    assert.deepEqual(backlogs(port.port), [limit])
  },
)

test(
  'connections inherit keep-alive and TCP_NODELAY on both engines',
  { skip: withoutSs },
  async (t) => {
    const uws = await openUws(t)
    const node = await openNode(t, { serve: (socket) => void socket.write('x') })
    for (const port of [uws, node]) {
      const { keepAliveMs, noDelay } = await applyOne(port, { ...usual, keepAliveMs: 41_000 })
      assert.deepEqual(keepAliveMs, { asked: 41_000, kernel: 41_000 })
      assert.deepEqual(noDelay, { asked: true, kernel: true })
      await call(t, port.port, get)
      assert.deepEqual(acceptedOn(port.port), [
        { keepAlive: 1, idleSeconds: 41, intervalSeconds: 1, probes: 10, noDelay: 1 },
      ])
      // Until the client has acknowledged the answer, its timer is the one that runs.
      await until('the timer of keep-alive', () => timers(port.port).join(), {
        holds: (text) => /^keepalive,(?:41|40|3\d)sec,0$/.test(text),
      })
    }
  },
)

test(
  'everything off: connections have none of it, but for what the engines insist on',
  { skip: withoutLinux },
  async (t) => {
    const http2 = createHttp2Server()
    const ports = [
      await openUws(t),
      await openNode(t, { serve: (socket) => void socket.write('x') }),
      {
        ...(await openNode(t, { serve: (socket) => void http2.emit('connection', socket) })),
        hasHttp2: true,
      },
    ]
    // What was on before is switched off, too.
    await applySocketOptions(ports, usual)
    const reports = await applySocketOptions(ports, unlike)
    const words = reports.map((report) => [
      report.fastOpen.kernel,
      report.keepAliveMs.kernel,
      report.noDelay.kernel,
      report.reusePort.kernel,
    ])
    assert.deepEqual(words, [
      [0, 0, true, true],
      [0, 0, false, true],
      [0, 0, false, true],
    ])
    const [uws, node, h2] = reports.map(({ noDelay }) => noDelay.note)
    assert.match(uws ?? '', /uWebSockets sets TCP_NODELAY/)
    assert.equal(node, undefined)
    assert.match(h2 ?? '', /HTTP\/2 .* Node sets TCP_NODELAY/)
    for (const { reusePort } of reports) assert.match(reusePort.note ?? '', /not applied/)
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0'
    for (const { port, hasHttp2 } of ports) await call(t, port, hasHttp2 === true ? preface : get)
    const accepted = ports.map(({ port }) =>
      acceptedOn(port).map(({ keepAlive, noDelay }) => ({ keepAlive, noDelay })),
    )
    assert.deepEqual(accepted, [
      [{ keepAlive: 0, noDelay: 1 }],
      [{ keepAlive: 0, noDelay: 0 }],
      [{ keepAlive: 0, noDelay: 1 }],
    ])
  },
)

test('deferAccept: a silent connection is held back', { skip: withoutLinux }, async (t) => {
  const seenAtMs = new Map<number | undefined, number>()
  const port = await openNode(t, {
    serve(socket) {
      seenAtMs.set(socket.remotePort, performance.now())
      socket.write('x')
    },
  })
  const { deferAccept } = await applyOne(port, { ...usual, deferAccept: true })
  assert.deepEqual(deferAccept, { asked: true, kernel: 1 })
  const silent = connect({ host: '127.0.0.1', port: port.port })
  t.after(() => silent.destroy())
  await within('the handshake', once(silent, 'connect'))
  const connectedAtMs = performance.now()
  const greeted = once(silent, 'data')
  assert.equal(await call(t, port.port, 'hello'), 'x')
  await within('what the server says first', greeted)
  const heldMs = (seenAtMs.get(silent.localPort) ?? 0) - connectedAtMs
  assert.ok(heldMs > 900, `held back for ${heldMs} ms`)
  const off = await applyOne(port, usual)
  assert.deepEqual(off.deferAccept, { asked: false, kernel: 0 })
})

test('all sockets of a port are set, on IPv4 and on IPv6', { skip: withoutSs }, async (t) => {
  const first = await openNode(t, {})
  await openNode(t, { port: first.port })
  const { sockets, backlog } = await applyOne(first, usual)
  assert.deepEqual([sockets, backlog.kernel], [2, 101])
  assert.deepEqual(backlogs(first.port), [101, 101])
  if (readKernelFile('/proc/net/if_inet6') === undefined) return
  const six = await openNode(t, { host: '::' })
  assert.equal((await applyOne(six, usual)).keepAliveMs.kernel, 30_000)
  assert.deepEqual(backlogs(six.port), [101])
})

test("sockets of another thread's are set, too", { skip: withoutSs }, async (t) => {
  const own = await openNode(t, {})
  const thread = new Worker(
    `const { createServer } = require('node:net')
     const { parentPort, workerData } = require('node:worker_threads')
     const options = { host: '127.0.0.1', port: workerData, reusePort: true }
     createServer().listen(options, () => parentPort.postMessage('open'))`,
    { eval: true, workerData: own.port },
  )
  t.after(() => thread.terminate())
  await within('the port of the thread', once(thread, 'message'))
  const { sockets, backlog } = await applyOne(own, usual)
  assert.deepEqual([sockets, backlog], [2, { asked: 101, kernel: 101 }])
  assert.deepEqual(backlogs(own.port), [101, 101])
})

test(
  'applied again, it tells the same and leaves nothing open',
  { skip: withoutLinux },
  async (t) => {
    const ports = [await openUws(t), await openNode(t, {})]
    const first = await applySocketOptions(ports, usual)
    const before = readdirSync('/proc/self/fd').length
    const all = await Promise.all([1, 2, 3, 4].map(() => applySocketOptions(ports, usual)))
    await until(
      `no more than the ${before} descriptors of before`,
      () => readdirSync('/proc/self/fd').length,
      { holds: (count) => count <= before },
    )
    for (const reports of all) assert.deepEqual(reports, first)
    assert.deepEqual(JSON.parse(JSON.stringify(first)), first)
  },
)
