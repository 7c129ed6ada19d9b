import { ServerResponse } from 'node:http'
import { constants } from 'node:http2'
import type { Socket } from 'node:net'

import type { HeadKind } from '../../traffic/faults/head.ts'
import type { Aftermath } from '../../traffic/faults/plan.ts'
import { timerMs } from '../port/waits.ts'
import { closeGently } from './closing.ts'
import type { WireConnection } from './connection.ts'
import type { WireExchange } from './exchange.ts'

/**
 * Ends the connection where the answer stopped, or the stream of HTTP/2 with a code of its own. What was written before
 * is sent first.
 */
export async function endHere(
  { response, connection }: WireExchange,
  by: 'fin' | 'rst',
  code: number = constants.NGHTTP2_INTERNAL_ERROR,
): Promise<void> {
  if (response instanceof ServerResponse) {
    const { socket } = response
    if (socket === null) return
    if (by === 'fin') return closeGently(socket)
    // A reset discards what the kernel was not given yet.
    await new Promise((resolve) => socket.write('', resolve))
    return connection.reset()
  }
  // A reset overtakes what is still in the stream's queue.
  if (response.headersSent) {
    await new Promise((resolve) => response.stream.write(Buffer.alloc(0), resolve))
  }
  response.stream.close(code)
}

/** HTTP/2: GOAWAY, with this stream as the last that is served. */
export function goAway({ response }: WireExchange): void {
  if (!(response instanceof ServerResponse)) response.stream.session?.close()
}

/** Makes Node write our own line in place of the status line of the head that it holds. */
export function replaceStatusLine(response: ServerResponse, line: string): void {
  // Node offers no other way. The head is text until the first byte of the body is sent.
  const held = response as unknown as { _header: string }
  held._header = held._header.replace(/^[^\r]*/, line)
}

/** Makes Node write a head with a mistake in place of the one that it holds. */
export function bendHead(response: ServerResponse, kind: HeadKind): void {
  const held = response as unknown as { _header: string }
  const lines = held._header.split('\r\n').slice(0, -2)
  held._header = `${bentLines[kind](lines).join('\r\n')}\r\n\r\n`
}

const bentLines: Readonly<Record<HeadKind, (lines: readonly string[]) => readonly string[]>> = {
  'two-lengths': (lines) => [...lines, 'Content-Length: 7'],
  'length-and-chunks': (lines) => [...lines, 'Content-Length: 7'],
  'obs-fold': (lines) => [...lines, 'X-HP-Fold: one', ' two'],
  'space-colon': (lines) => [...lines, 'X-HP-Space : one'],
  'bare-cr': (lines) => [...lines, 'X-HP-Control: one\rX-HP-Smuggled: two'],
  nul: (lines) => [...lines, 'X-HP-Control: one\0two'],
  'no-date': (lines) => lines.filter((line) => !line.startsWith('Date:')),
  old: (lines) =>
    lines
      .filter((line) => !/^(?:Connection|Keep-Alive):/.test(line))
      .map((line, at) => (at === 0 ? line.replace('HTTP/1.1', 'HTTP/1.0') : line)),
}

/** Writes a chunk size that is not a number where the next chunk or the last would begin (RFC 9112 7.1). */
export function writeBadChunk(response: ServerResponse): void {
  const writer = response as unknown as { _writeRaw(text: string, encoding: string): void }
  writer._writeRaw('zz\r\n', 'latin1')
}

/** What happens on a connection of HTTP/1.1 once the answer is sent. */
export function follow(
  socket: Socket,
  aftermath: Aftermath,
  connection: Pick<WireConnection, 'idleMs' | 'reset' | 'active'>,
): void {
  const { idleMs, reset } = connection
  switch (aftermath.kind) {
    case 'race':
      // Before the parser sees it.
      socket.prependOnceListener('data', () =>
        aftermath.by === 'rst' ? reset() : socket.destroy(),
      )
      return
    case 'idle-close':
      return endWhenIdle(socket, aftermath, connection)
    case 'garbage':
      socket.write(Buffer.alloc(aftermath.bytes, 'garbage '))
      return
    case 'half-close': {
      socket.end()
      // Node's timer for idle connections ignores those that have ended their side.
      const over = setTimeout(
        () => socket.destroy(),
        timerMs(idleMs === 0 ? Infinity : idleMs),
      ).unref()
      socket.once('close', () => clearTimeout(over))
      return
    }
    case 'slow-close': {
      // Node calls this when the answer is sent.
      socket.destroySoon = () => {
        const over = setTimeout(() => closeGently(socket), aftermath.ms).unref()
        socket.once('close', () => clearTimeout(over))
      }
    }
  }
}

/** As a server does that gives up an idle connection: at once, whatever may be on its way. */
function endWhenIdle(
  socket: Socket,
  { ms, by }: { readonly ms: number; readonly by: 'fin' | 'rst' },
  connection: Pick<WireConnection, 'active' | 'reset'>,
): void {
  // Others came before the answer was out: after it nothing is idle.
  if (connection.active > 1) return
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    isOver = true
    clearTimeout(timer)
    socket.off('data', stop).off('close', stop)
  }
  // Before the parser sees it.
  socket.prependOnceListener('data', stop).once('close', stop)
  const end = (): void => {
    if (by === 'rst') connection.reset()
    else socket.destroy()
  }
  // The time runs from when the kernel has the answer.
  socket.write('', () => {
    if (!isOver) timer = setTimeout(end, timerMs(ms)).unref()
  })
}
