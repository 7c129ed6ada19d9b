// Text comes back as text, bytes as bytes.
import assert from 'node:assert/strict'

const socket = new WebSocket(`${process.env.ORIGIN.replace('http', 'ws')}/ws`)
socket.binaryType = 'arraybuffer'
const next = (event) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} within 30 s`)), 30_000)
    socket.addEventListener('error', () => reject(new Error('the connection failed')), {
      once: true,
    })
    socket.addEventListener(event, (what) => resolve((clearTimeout(timer), what)), { once: true })
  })

await next('open')
socket.send('hello')
assert.equal((await next('message')).data, 'hello')
socket.send(new Uint8Array([0, 255, 1]))
assert.deepEqual(new Uint8Array((await next('message')).data), new Uint8Array([0, 255, 1]))
const closed = next('close')
socket.close(1000)
assert.equal((await closed).code, 1000)
process.stdout.write('text and binary echoed, closed 1000\n')
