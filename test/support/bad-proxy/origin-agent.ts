import { Agent } from 'node:http'
import type { Socket } from 'node:net'

/** Keeps connections to the origin. One on which bytes come that nobody asked for is closed (RFC 9112 9.2). */
export function createAgent(): Agent {
  const agent = new Agent({ keepAlive: true })
  const stray = new WeakMap<object, () => void>()
  agent.on('free', (socket: Socket) => {
    const close = (): void => void socket.destroy()
    stray.set(socket, close)
    socket.once('data', close)
  })
  const reuse = agent.reuseSocket.bind(agent)
  agent.reuseSocket = (socket, request) => {
    const close = stray.get(socket)
    if (close !== undefined) socket.off('data', close)
    reuse(socket, request)
  }
  return agent
}
