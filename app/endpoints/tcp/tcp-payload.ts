import { patternPayload } from '../../traffic/payload.ts'
import { size } from '../codecs.ts'
import type { Origin } from '../endpoint.ts'
import type { TcpEndpoint, TcpReply } from './tcp-endpoint.ts'

// A size takes 17 characters. A longer text without a line end cannot become a size.
const lineBytesLimit = 64
const lineEnd = 0x0a
const sizes = size()

/** RFC 864 in spirit; no greeting, because a client counts the bytes from the first one. */
export const tcpPayload: TcpEndpoint = {
  id: 'tcp-payload',
  summary:
    'TCP payload: a line such as 1M is answered with that many bytes, an empty one without end',
  isGreeting: false,
  converse(origin) {
    let line = ''
    return {
      *receive(bytes) {
        for (let start = 0; start < bytes.length;) {
          const end = bytes.indexOf(lineEnd, start)
          const stop = end === -1 ? bytes.length : end
          if (line.length + stop - start > lineBytesLimit) {
            return yield* refuse(`a line has at most ${lineBytesLimit} bytes`)
          }
          line += bytes.toString('latin1', start, stop)
          start = stop + 1
          if (end === -1) return
          const asked = line.endsWith('\r') ? line.slice(0, -1) : line
          line = ''
          yield* answer(origin, asked)
        }
      },
      // Not taken as a size: it may be the first half of a longer one.
      *finish() {
        if (line !== '') yield* refuse(`${JSON.stringify(line)} has no line end`)
      },
    }
  },
}

function* answer(origin: Origin, line: string): Generator<TcpReply, undefined> {
  const limits = origin.limits()
  if (line === '') {
    // Infinity unless there is a limit. When the limit is reached, FIN is the only sign of it.
    yield { kind: 'payload', payload: patternPayload(origin.block, limits.payloadBytes) }
    yield { kind: 'end' }
    return
  }
  const bytes = sizes.parse(line, limits)
  if (bytes === undefined) return yield* refuse(`${JSON.stringify(line)} is not a size`)
  const refusal = sizes.refuse?.(bytes, limits)
  if (refusal !== undefined) return yield* refuse(`${line} ${refusal}`)
  yield { kind: 'payload', payload: patternPayload(origin.block, bytes) }
}

function* refuse(problem: string): Generator<TcpReply, undefined> {
  const text = `error: ${problem}; send a size such as 1M, or an empty line\n`
  yield { kind: 'bytes', bytes: Buffer.from(text) }
  yield { kind: 'end' }
}
