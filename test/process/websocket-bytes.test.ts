import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'

import { type RawData, WebSocket } from 'ws'

import { startOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'
import { until } from '../support/wait.ts'

/** Says all of it on a WebSocket, and resolves to the bytes heard until the other side or we close. */
async function talk(
  url: string,
  said: readonly (string | Buffer)[],
  wanted: number,
): Promise<number> {
  const socket = new WebSocket(url)
  const heard: Buffer[] = []
  socket.on('message', (data: RawData) => {
    heard.push(data as Buffer)
    if (heard.length === wanted) socket.close()
  })
  await once(socket, 'open')
  for (const message of said) socket.send(message)
  await once(socket, 'close')
  assert.equal(heard.length, wanted)
  return Buffer.concat(heard).length
}

for (const listener of ['http', 'wire'] as const) {
  test(`${listener}: bytes of WebSocket messages are counted both ways`, async (t) => {
    const origin = await startOrigin(t)
    const url = `ws://127.0.0.1:${origin.ports[listener]}`
    const said = ['é€', '', Buffer.alloc(70_000)]
    const bytes = 5 + 70_000
    const echoed = await talk(`${url}/ws`, said, said.length)
    assert.equal(echoed, bytes)
    const closing = await talk(`${url}/ws/close`, ['bye'], 1)
    const pushed = await talk(`${url}/ws/push?count=3&interval=1ms&size=100`, [], 3)
    await until('all sockets closed', async () => (await scrape(origin)).openWebSockets === 0)
    const numbers = await scrape(origin)
    assert.deepEqual(
      ['in', 'out'].map((direction) => numbers.value('hpdummy_bytes_total', { direction })),
      [bytes + 3, echoed + closing + pushed],
    )
  })
}
