import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'

import { SocketCalls } from '../../../../app/runtime/sockets/kernel.ts'
import { thisMachine } from '../../../../app/runtime/sockets/options.ts'
import { limitReceiveBuffers } from '../../../../app/runtime/sockets/receive-buffer.ts'
import { withoutLinux } from '../../../support/kernel-words.ts'
import { openNode, openUws } from '../../../support/open-ports.ts'

function hasNone(): Promise<never> {
  return Promise.reject(new Error('none'))
}

async function receiveBuffers(port: number): Promise<readonly number[]> {
  const calls = new SocketCalls(await thisMachine.loadForeignFunctions())
  const found: number[] = []
  calls.visit(readdirSync('/proc/self/fd').map(Number), (socket) => {
    if (socket.port === port) found.push(socket.read('SO_RCVBUF'))
  })
  return found
}

test(
  'the fast engine cannot fill its buffer of 512 KiB in one read; other sockets stay as they are',
  { skip: withoutLinux },
  async (t) => {
    const fast = await openUws(t)
    const other = await openNode(t, {})
    const before = await receiveBuffers(other.port)
    await limitReceiveBuffers([fast, other])
    const bytes = await receiveBuffers(fast.port)
    assert.deepEqual([...new Set(bytes)], [256 * 1024])
    assert.deepEqual(await receiveBuffers(other.port), before)
  },
)

test('without the system calls nothing happens', async (t) => {
  const fast = await openUws(t)
  await limitReceiveBuffers([fast], { ...thisMachine, loadForeignFunctions: hasNone })
})
