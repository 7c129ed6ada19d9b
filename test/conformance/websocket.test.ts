import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'

import { alphabetBytes } from '../support/payloads.ts'
import { allFreed, readActivity, residentBytes, useOrigin } from '../support/shared-origin.ts'
import { pause, until, within } from '../support/wait.ts'
import { type Client, type ClientChoice, openWs } from './ws-client.ts'

const origin = useOrigin()
const open = (path: string, choice: ClientChoice = {}): Promise<Client> =>
  openWs(`${origin().url}${path}`, choice)

const messageLimit = 16 * 2 ** 20

suite('echo', { concurrency: 4 }, () => {
  test('text stays text and binary stays binary', async () => {
    const { socket, next } = await open('/ws')
    for (const text of ['hello', '', 'é€🐢\u0000\n', 'x'.repeat(1000)]) {
      socket.send(text)
      const { bytes, isBinary } = await next()
      assert.deepEqual([bytes.toString(), isBinary], [text, false])
    }
    for (const bytes of [Buffer.from([0, 255, 128]), Buffer.alloc(0), Buffer.from('text?')]) {
      socket.send(bytes)
      const message = await next()
      assert.deepEqual([message.bytes, message.isBinary], [bytes, true])
    }
    socket.terminate()
  })

  for (const size of [125, 126, 127, 65_535, 65_536, 1_000_003, messageLimit]) {
    test(`a message of ${size} bytes comes back whole`, async () => {
      const { socket, next } = await open('/ws')
      const bytes = alphabetBytes(0, size)
      socket.send(bytes, { binary: size % 2 === 0 })
      const message = await next()
      assert.equal(message.isBinary, size % 2 === 0)
      assert.ok(message.bytes.equals(bytes))
      socket.terminate()
    })
  }

  // RFC 6455 7.4.1 has 1009 for it; the engine cuts the connection without a close frame (20.51),
  // which the client sees as 1006.
  test('a message of one byte more closes the connection', async () => {
    const { socket, closed, next } = await open('/ws')
    socket.send('fits')
    await next()
    socket.on('error', () => {})
    socket.send(Buffer.alloc(messageLimit + 1))
    assert.equal((await within('the close', closed)).code, 1006)
  })

  test('fragments that are together more than 16 MiB close the connection', async () => {
    const { socket, closed } = await open('/ws')
    socket.on('error', () => {})
    for (let index = 0; index < 18; index++) socket.send(Buffer.alloc(2 ** 20), { fin: false })
    assert.equal((await within('the close', closed)).code, 1006)
  })

  test('fragments come back as one message, a ping between them is answered at once', async () => {
    const { socket, next } = await open('/ws')
    const ponged = once(socket, 'pong')
    socket.send('one ', { fin: false })
    socket.send('', { fin: false })
    socket.ping('now?')
    assert.deepEqual(await within('the pong', ponged), [Buffer.from('now?')])
    socket.send('two ', { fin: false })
    socket.send('three', { fin: true })
    const { bytes, isBinary } = await next()
    assert.deepEqual([bytes.toString(), isBinary], ['one two three', false])
    socket.terminate()
  })

  test('a ping is answered with what it says, up to 125 bytes', async () => {
    const { socket } = await open('/ws')
    for (const payload of ['', 'tick', 'x'.repeat(125)]) {
      const ponged = once(socket, 'pong')
      socket.ping(payload)
      assert.deepEqual(await within('the pong', ponged), [Buffer.from(payload)])
    }
    socket.terminate()
  })

  test('a pong nobody asked for does not matter', async () => {
    const { socket, next } = await open('/ws')
    socket.pong('you are welcome')
    socket.send('still here')
    assert.equal((await next()).bytes.toString(), 'still here')
    socket.terminate()
  })

  test('5000 messages at once come back in order', async () => {
    const { socket, next } = await open('/ws')
    for (let index = 0; index < 5000; index++) socket.send(`message ${index}`)
    for (let index = 0; index < 5000; index++) {
      assert.equal((await next()).bytes.toString(), `message ${index}`)
    }
    socket.terminate()
  })

  for (const path of [
    '/ws/',
    '/ws/room',
    '/ws/a/b?c=d',
    '/ws/closed',
    '/ws/push/on',
    '/ws/%41%0d',
  ]) {
    test(`${path} echoes too`, async () => {
      const { socket, next } = await open(path)
      socket.send('here')
      assert.equal((await next()).bytes.toString(), 'here')
      socket.terminate()
    })
  }

  for (const [code, reason] of [
    [1000, 'done'],
    [1001, ''],
    [4123, 'ß'.repeat(60)],
  ] as const) {
    test(`a client that closes with ${code} is told the same`, async () => {
      const { socket, closed } = await open('/ws')
      socket.close(code, reason)
      assert.equal((await within('the close', closed)).code, code)
    })
  }
})

suite('/ws/close', { concurrency: 16 }, () => {
  for (const code of [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1013, 1014, 3000, 4999,
  ]) {
    test(`/ws/close/${code} answers one message and closes with ${code}`, async () => {
      const { socket, next, closed } = await open(`/ws/close/${code}`)
      socket.send('bye')
      socket.send('too late')
      const { bytes, isBinary } = await next()
      assert.deepEqual([bytes.toString(), isBinary], ['Server received: bye', false])
      assert.deepEqual(await within('the close', closed), { code, reason: 'server done' })
    })
  }

  test('/ws/close closes with 1000, and answers binary in binary', async () => {
    const { socket, next, closed } = await open('/ws/close')
    socket.send(Buffer.from([1, 2]))
    const { bytes, isBinary } = await next()
    assert.deepEqual([bytes.toString(), isBinary], ['Server received: \u0001\u0002', true])
    assert.equal((await within('the close', closed)).code, 1000)
  })

  test('a message of 16 MiB is answered whole', async () => {
    const { socket, next, closed } = await open('/ws/close')
    socket.send(Buffer.alloc(messageLimit, 'z'))
    const { bytes } = await next()
    assert.equal(bytes.length, messageLimit + 'Server received: '.length)
    await within('the close', closed)
  })

  for (const path of ['/ws/close', '/ws/close/4001']) {
    test(`${path} closes a client that says nothing, after a second`, async () => {
      const startedAt = performance.now()
      const { closed } = await open(path)
      const { code, reason } = await within('the close', closed)
      assert.ok(performance.now() - startedAt >= 998)
      assert.deepEqual([code, reason], [path === '/ws/close' ? 1000 : 4001, 'server done'])
    })
  }
})

interface Push {
  readonly seq: number
  readonly padding?: string
}

const pushOf = ({ bytes }: { readonly bytes: Buffer }): Push => JSON.parse(bytes.toString()) as Push

suite('/ws/push', { concurrency: 4 }, () => {
  test('sends as many as asked, numbered and timed, then closes with 1000', async () => {
    const startedAt = performance.now()
    const { next, closed } = await open('/ws/push?count=5&interval=30')
    const times: bigint[] = []
    for (let seq = 1; seq <= 5; seq++) {
      const { bytes, isBinary } = await next()
      assert.equal(isBinary, false)
      assert.equal(pushOf({ bytes }).seq, seq)
      // As text, because a double does not hold nanoseconds since 1970.
      times.push(BigInt(/"sent_at_ns":(\d+)/.exec(bytes.toString())?.[1] ?? 0))
    }
    assert.deepEqual(await within('the close', closed), { code: 1000, reason: 'server done' })
    assert.ok(times.every((time, index) => index === 0 || time > (times[index - 1] ?? time)))
    // A timer may be early by the fraction of a millisecond its clock is coarse.
    assert.ok(performance.now() - startedAt >= 4 * 30 - 2)
    assert.ok(Math.abs(Number((times[0] ?? 0n) / 1_000_000n) - Date.now()) < 5000)
  })

  test('a message is sent when it is due, not with the next', async () => {
    const { socket, next } = await open('/ws/push?count=2&interval=1m')
    assert.equal(pushOf(await next()).seq, 1)
    socket.terminate()
  })

  test('size pads each message with that many bytes', async () => {
    const { next } = await open('/ws/push?count=2&interval=0&size=100000')
    for (let seq = 1; seq <= 2; seq++) {
      assert.equal(pushOf(await next()).padding, alphabetBytes(0, 100_000).toString())
    }
  })

  test('what the client says is not echoed', async () => {
    const { socket, next, closed } = await open('/ws/push?count=3&interval=20')
    for (let seq = 1; seq <= 3; seq++) {
      socket.send('are you listening?')
      assert.equal(pushOf(await next()).seq, seq)
    }
    await within('the close', closed)
  })

  test('a reader that pauses misses nothing and costs little', async () => {
    const { socket, next, closed } = await open('/ws/push?count=300&interval=0&size=1M')
    const before = residentBytes(origin())
    socket.pause()
    // Long enough for what would be queued to be queued.
    await pause(500)
    const grown = residentBytes(origin()) - before
    assert.ok(grown < 64 * 2 ** 20, `grew by ${grown} bytes`)
    socket.resume()
    for (let seq = 1; seq <= 300; seq++) assert.equal(pushOf(await next()).seq, seq)
    assert.equal((await within('the close', closed)).code, 1000)
  })
})

test('count=0 pushes until the client leaves, with or without a word', async () => {
  for (const leave of ['terminate', 'close'] as const) {
    const { socket, next } = await open('/ws/push?count=0&interval=1')
    for (let seq = 1; seq <= 30; seq++) assert.equal(pushOf(await next()).seq, seq)
    socket[leave]()
    await noWebSockets()
  }
})

async function noWebSockets(): Promise<void> {
  await until('all WebSockets freed', () => readActivity(origin()), {
    holds: ({ webSockets }) => webSockets === 0,
  })
}

test('a client that sends and never reads is cut off before it costs much', async () => {
  const before = residentBytes(origin())
  const { socket } = await open('/ws')
  socket.on('error', () => {})
  socket.pause()
  const message = Buffer.alloc(2 ** 20)
  // The origin may hold 32 MiB for it, the kernels a few more.
  for (let sent = 0; sent < 256 && socket.readyState === socket.OPEN; sent++) {
    await Promise.race([new Promise((resolve) => socket.send(message, resolve)), pause(1000)])
    if ((await readActivity(origin())).webSockets === 0) break
  }
  await noWebSockets()
  const grown = residentBytes(origin()) - before
  assert.ok(grown < 160 * 2 ** 20, `grew by ${grown} bytes`)
  socket.terminate()
})

test('400 sockets at once each get their own echo, and all are freed when they vanish', async () => {
  const clients = await Promise.all(Array.from({ length: 400 }, () => open('/ws')))
  assert.equal((await readActivity(origin())).webSockets, 400)
  for (const [index, { socket }] of clients.entries()) socket.send(`I am ${index}`)
  for (const [index, { next }] of clients.entries()) {
    assert.equal((await next()).bytes.toString(), `I am ${index}`)
  }
  for (const { socket } of clients) socket.terminate()
  await noWebSockets()
})

test('no connection is counted as open when all have left', () => allFreed(origin()))
