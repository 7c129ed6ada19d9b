import { jsonOf } from '../support/ask.ts'
import { HttpLoad, type HttpLoadOptions } from '../support/http-load.ts'
import type { TestOrigin } from '../support/origin.ts'
import { sizedRequest } from '../support/raw.ts'
import { pause } from '../support/wait.ts'
import { WsLoad } from '../support/ws-load.ts'

/** What came of a load of many kinds: answers that were right, and what was wrong with the others. */
export interface Mixed {
  readonly right: Readonly<Record<string, number>>
  readonly wrong: readonly string[]
}

const sizeBytes = 2 ** 20
const body = 'x'.repeat(sizeBytes)

// Bodies up to echo.bodyLimit are held whole, which is what costs an origin memory.
const eager = { connections: 4, thinkMs: 0 }

/** Downloads, uploads, echoes and WebSocket messages side by side, for `ms`. */
export async function loadMixed({ ports }: TestOrigin, ms: number): Promise<Mixed> {
  const http = (options: Pick<HttpLoadOptions, 'target' | 'request' | 'isRight'>): HttpLoad =>
    new HttpLoad({ ...eager, port: ports.http, ...options })
  const loads = {
    download: http({
      target: `/bin/${sizeBytes}`,
      isRight: ({ body: whole }) => whole.length === sizeBytes,
    }),
    upload: http({
      target: '/upload',
      request: sizedRequest('POST /upload', body),
      isRight: (answer) => jsonOf(answer)['bytes_received'] === sizeBytes,
    }),
    echo: http({
      target: '/',
      request: sizedRequest('POST /', body),
      isRight: (answer) => jsonOf(answer)['body'] === body,
    }),
    webSocket: new WsLoad({ ...eager, port: ports.http, bytes: 64 * 1024 }),
  }
  await pause(ms)
  await Promise.all(Object.values(loads).map((load) => load.stop()))
  const named = Object.entries(loads)
  return {
    right: Object.fromEntries(named.map(([kind, { answered }]) => [kind, answered])),
    wrong: named.flatMap(([kind, { losses }]) =>
      losses.map(({ message }) => `${kind}: ${message}`),
    ),
  }
}
