import { WebSocket } from 'ws'

import type { TestOrigin } from '../support/origin.ts'

/** What came of a load of many kinds: answers that were right, and what was wrong with the others. */
export interface Mixed {
  readonly right: Readonly<Record<string, number>>
  readonly wrong: readonly string[]
}

const sizeBytes = 2 ** 20
const body = Buffer.alloc(sizeBytes, 'x')
const message = Buffer.alloc(64 * 1024, 'm')

// Bodies up to echo.bodyLimit are held whole, which is what costs an origin memory.
const clientsOfEach = 4

/** Downloads, uploads, echoes and WebSocket messages side by side, for `ms`. */
export async function loadMixed({ url }: TestOrigin, ms: number): Promise<Mixed> {
  const right: Record<string, number> = { download: 0, upload: 0, echo: 0, webSocket: 0 }
  const wrong: string[] = []
  const endsAt = performance.now() + ms
  const repeat = async (kind: string, once: () => Promise<boolean>): Promise<void> => {
    while (performance.now() < endsAt && wrong.length < 20) {
      try {
        if (await once()) right[kind] = (right[kind] ?? 0) + 1
        else wrong.push(`${kind}: not what was sent`)
      } catch (error) {
        const cause = error instanceof Error ? (error.cause ?? error) : error
        wrong.push(`${kind}: ${String(cause)}`)
      }
    }
  }
  const each = Array.from({ length: clientsOfEach }, () => [
    repeat('download', async () => {
      const answer = await fetch(`${url}/bin/${sizeBytes}`)
      return (await answer.arrayBuffer()).byteLength === sizeBytes
    }),
    repeat('upload', async () => {
      const answer = await fetch(`${url}/upload`, { method: 'POST', body })
      const { bytes_received: received } = (await answer.json()) as { bytes_received: number }
      return received === sizeBytes
    }),
    repeat('echo', async () => {
      const answer = await fetch(`${url}/`, { method: 'POST', body })
      const { body: echoed } = (await answer.json()) as { body: string }
      return echoed.length === sizeBytes
    }),
    converse(url, repeat),
  ])
  await Promise.all(each.flat())
  return { right, wrong }
}

async function converse(
  url: string,
  repeat: (kind: string, once: () => Promise<boolean>) => Promise<void>,
): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { perMessageDeflate: false })
  await next(socket, 'open')
  await repeat('webSocket', async () => {
    socket.send(message)
    const echoed = (await next(socket, 'message')) as Buffer
    return echoed.equals(message)
  })
  socket.terminate()
}

// Not events.once, because a socket that closes tells no error.
function next(socket: WebSocket, event: 'open' | 'message'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      socket.off(event, take).off('close', fail).off('error', fail)
    }
    // A closed one drops what is sent and tells of nothing more.
    if (socket.readyState > WebSocket.OPEN) throw new Error('the WebSocket has ended')
    const take = (value: unknown): void => {
      done()
      resolve(value)
    }
    const fail = (why: unknown): void => {
      done()
      reject(new Error(`the WebSocket ended: ${String(why)}`))
    }
    socket.on(event, take).on('close', fail).on('error', fail)
  })
}
