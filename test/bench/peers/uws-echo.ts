// uws-echo PORT: a bare uWebSockets.js WebSocket echo, the least that can be done on this engine.
import { App } from 'uWebSockets.js'

const port = Number(process.argv[2])

App()
  .ws('/*', {
    maxPayloadLength: 16 * 1024 * 1024,
    message: (socket, message, isBinary) => {
      socket.send(message, isBinary)
    },
  })
  .listen('127.0.0.1', port, (listenSocket) => {
    if (listenSocket === false) process.exit(1)
  })
