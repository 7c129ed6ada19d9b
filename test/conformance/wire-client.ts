import type { TestOrigin, TestSettings } from '../support/origin.ts'
import { RawConnection } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'

/** One origin for a file, and where its wire listener is. */
export interface WireOrigin {
  readonly origin: () => TestOrigin
  readonly url: () => string
  readonly open: () => Promise<RawConnection>
}

/** An origin of a file's own, for tests of its wire listener. */
export function useWire(settings: TestSettings = {}): WireOrigin {
  const origin = useOrigin(settings)
  const url = (): string => wireUrl(origin())
  return { origin, url, open: () => RawConnection.open(url()) }
}

/** The wire listener in clear. */
export function wireUrl({ ports }: TestOrigin): string {
  return `http://127.0.0.1:${ports.wire}`
}

/** The bytes of a request of HTTP/1.0, which needs no Host. */
export function oldRequest(line: string, headers: readonly string[] = [], body = ''): string {
  return `${[`${line} HTTP/1.0`, ...headers].join('\r\n')}\r\n\r\n${body}`
}

/** How the peer ends a connection. */
export async function howItEnds(connection: RawConnection, ms?: number): Promise<'FIN' | 'RST'> {
  const how = await within('the end of the connection', connection.ended, { ms })
  connection.leave()
  return how === 'FIN' ? 'FIN' : 'RST'
}

/** A chunked body behind a head that was read, with the fields behind it. */
export async function readChunked(
  connection: RawConnection,
): Promise<{ readonly body: Buffer; readonly trailers: readonly string[] }> {
  const pieces: Buffer[] = []
  for (;;) {
    const size = Number.parseInt(await connection.line(), 16)
    if (size === 0) break
    pieces.push(await connection.take(size))
    if ((await connection.line()) !== '') throw new Error('a chunk goes on')
  }
  const trailers: string[] = []
  for (let line = await connection.line(); line !== ''; line = await connection.line()) {
    trailers.push(line)
  }
  return { body: Buffer.concat(pieces), trailers }
}
