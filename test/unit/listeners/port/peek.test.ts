import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Socket, connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'

import { type Peeked, peek } from '../../../../app/listeners/port/peek.ts'
import { within } from '../../../support/wait.ts'
import { openPort } from './open-port.ts'

/** A word that ends in a full stop; what begins with an exclamation mark is bad. */
function lookForWord(bytes: Buffer): Peeked<string> | 'bad' | undefined {
  const text = bytes.toString()
  if (text.startsWith('!')) return 'bad'
  const end = text.indexOf('.')
  return end === -1 ? undefined : { value: text.slice(0, end), taken: end + 1 }
}

/** Both ends of a connection; the far one keeps its own half open. */
async function openPair(t: TestContext): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer({ allowHalfOpen: true })
  const port = await openPort(server)
  t.after(() => server.close())
  const accepted = once(server, 'connection')
  const far = connect(port, '127.0.0.1')
  const [near] = (await within('the connection', accepted)) as [Socket]
  near.on('error', () => {})
  t.after(() => {
    near.destroy()
    far.destroy()
  })
  return { near, far }
}

function peekWord(near: Socket, idleMs = 0): Promise<string> {
  const word = new Promise<string>((resolve) => {
    peek(near, { idleMs, look: lookForWord, go: resolve })
  })
  return within('a word', word)
}

test('returns what was found, and leaves the rest to the next reader', async (t) => {
  const { near, far } = await openPair(t)
  far.write('hel')
  const word = peekWord(near)
  far.write('lo.one. and more')
  assert.equal(await word, 'hello')
  // A second look begins where the first has ended, on a socket that the first has paused.
  assert.equal(await peekWord(near), 'one')
  near.resume()
  const [rest] = (await within('the rest', once(near, 'data'))) as [Buffer]
  assert.equal(rest.toString(), ' and more')
})

test('a client that ends early, is silent too long, or sends wrong bytes is closed', async (t) => {
  for (const spoil of [
    (far: Socket) => far.end('hel'),
    (far: Socket) => far.write('hel'),
    (far: Socket) => far.write('!hello.'),
  ]) {
    const { near, far } = await openPair(t)
    peek(near, { idleMs: 200, look: lookForWord, go: () => assert.fail('it is no word') })
    far.resume()
    spoil(far)
    await within('our FIN', once(far, 'end'))
  }
})

test('once the protocol is known, silence has no limit here', async (t) => {
  const { near, far } = await openPair(t)
  far.write('hello.')
  assert.equal(await peekWord(near, 100), 'hello')
  assert.equal(near.timeout, 0)
  assert.equal(near.listenerCount('data') + near.listenerCount('timeout'), 0)
})
