import assert from 'node:assert/strict'
import { type Socket, connect } from 'node:net'
import { test } from 'node:test'

import { ask } from '../support/ask.ts'
import { allFreed, residentBytes, useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'
import { createDice, fuzzBytes, fuzzFrames } from './fuzz-bytes.ts'
import { openRawWs } from './ws-client.ts'

const origin = useOrigin()

const strings = Number(process.env['FUZZ_COUNT'] ?? 10_000)
const frameStrings = strings / 5
const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const clients = 48
const deadlineMs = 15_000

// Twice what a worker's young generation and the engine's buffers were seen to vary by.
const growthLimitBytes = 64 * 2 ** 20

/** Runs `one` for each number below `count`, many at a time, and checks the origin's health after. */
async function storm(count: number, one: (number: number) => Promise<void>): Promise<void> {
  let started = 0
  let halfwayBytes = 0
  const run = async (): Promise<void> => {
    while (started < count) {
      const number = started++
      if (number === Math.floor(count / 2)) halfwayBytes = residentBytes(origin())
      await within(`string ${number} to end`, one(number), { ms: deadlineMs })
    }
  }
  await Promise.all(Array.from({ length: clients }, run))
  await allFreed(origin())
  const grown = residentBytes(origin()) - halfwayBytes
  assert.ok(grown < growthLimitBytes, `grew by ${grown} bytes in the second half`)
  assert.equal((await ask(origin().url, '/health')).body.toString(), '{"status":"ok"}')
}

test(`${strings} strings of anything neither crash nor clog the origin (FUZZ_SEED=${seed})`, async () => {
  const dice = createDice(seed)
  let answered = 0
  await storm(strings, async () => {
    const pieces = Array.from({ length: 1 + dice.below(3) }, () => fuzzBytes(dice))
    if ((await converse(pieces, dice.below(20) === 0)) > 0) answered++
  })
  // A generator that makes nothing but noise would find nothing: many strings must be worth an answer.
  assert.ok(answered > strings / 4, `${answered} of ${strings} were answered`)
})

test(`${frameStrings} strings of WebSocket frames neither crash nor clog it (FUZZ_SEED=${seed})`, async () => {
  const dice = createDice(seed)
  await storm(frameStrings, async () => {
    const path = dice.oneOf(['/ws', '/ws', '/ws/close', '/ws/push?count=0&interval=0&size=100'])
    const bytes = fuzzFrames(dice)
    const connection = await openRawWs(origin().url, path)
    connection.send(bytes)
    connection.socket.end()
    await connection.closed
    connection.leave()
  })
})

/** Sends the pieces and then half-closes, or just leaves; resolves at the end to the bytes received. */
function converse(pieces: readonly Buffer[], isLeaving: boolean): Promise<number> {
  const { hostname, port } = new URL(origin().url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let bytes = 0
    socket.on('data', (piece) => (bytes += piece.length))
    // A reset by the peer is a way to be closed; a refused connection is an origin that is gone.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(error)
    })
    socket.once('close', () => resolve(bytes))
    socket.once('connect', () => void sendAll(socket, pieces, isLeaving))
  })
}

async function sendAll(
  socket: Socket,
  pieces: readonly Buffer[],
  isLeaving: boolean,
): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (isLeaving) socket.destroy()
  else socket.end()
}
