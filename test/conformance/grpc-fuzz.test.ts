import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'

import { type RawConnection, askRaw, connectRaw, emptyMessage } from '../support/grpc-raw.ts'
import { within } from '../support/wait.ts'
import { type Dice, createDice } from './fuzz-bytes.ts'
import { allCallsFreed, openGrpc } from './grpc-listener.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const strings = Number(process.env['FUZZ_COUNT'] ?? 1500)
const clients = 32

const paths = [
  '/hpdummy.v1.Origin/Unary',
  '/hpdummy.v1.Origin/BidiStream',
  '/grpc.testing.TestService/FullDuplexCall',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.health.v1.Health/Check',
]

/** All that a client sends for one call of each path, taken down on the way. */
async function record(port: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  const tap = createServer((socket) => {
    const origin = connect(port, '127.0.0.1')
    socket.on('data', (piece: Buffer) => pieces.push(piece))
    socket.pipe(origin).pipe(socket)
    for (const end of [socket, origin]) end.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => tap.once('listening', resolve))
  // It listens on TCP, so the address is not a pipe's name.
  const { port: tapPort } = tap.address() as AddressInfo
  const session = connectHttp2(`http://127.0.0.1:${tapPort}`)
  const connection: RawConnection = { session, goaways: [], closed: Promise.resolve() }
  const headers = { 'grpc-timeout': '5S', 'x-raw-bin': 'AAEC', 'x-hp-delay': '1ms' }
  for (const path of paths) {
    assert.equal((await askRaw(connection, path, { headers, body: emptyMessage })).status, 0)
  }
  session.destroy()
  tap.close()
  return Buffer.concat(pieces)
}

// The preface stays whole, or nothing behind it would be read.
const prefaceBytes = 24

/** The conversation with a few bytes changed, and now and then cut short. */
function mutate(conversation: Buffer, dice: Dice): Buffer {
  const bytes = Buffer.from(conversation)
  for (let changes = 1 + dice.below(6); changes > 0; changes--) {
    bytes[prefaceBytes + dice.below(bytes.length - prefaceBytes)] = dice.below(256)
  }
  return dice.below(4) === 0 ? bytes.subarray(0, dice.below(bytes.length)) : bytes
}

test(`${strings} mistaken conversations neither crash nor clog the listener (FUZZ_SEED=${seed})`, async (t) => {
  const grpc = await openGrpc(t)
  const conversation = await record(grpc.port)
  const dice = createDice(seed)
  let started = 0
  const converse = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(grpc.port, '127.0.0.1')
      // A reset is a way to be closed.
      socket.on('error', () => {})
      socket.once('close', () => resolve())
      socket.resume().write(mutate(conversation, dice))
      socket.end()
    })
  const run = async (): Promise<void> => {
    while (started++ < strings) await within('the end of a connection', converse())
  }
  await Promise.all(Array.from({ length: clients }, run))
  await allCallsFreed(grpc)
  assert.deepEqual(grpc.bugs, [])
  const [path = ''] = paths
  assert.equal((await askRaw(await connectRaw(t, grpc.port), path)).status, 0)
  // Changes that leave nothing to answer would find nothing.
  const calls = Object.values(grpc.counted()).reduce((sum, count) => sum + count, 0)
  assert.ok(calls > strings / 4, `${calls} calls of ${strings} conversations`)
})
