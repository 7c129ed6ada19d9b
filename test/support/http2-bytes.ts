/** Frames of HTTP/2 made by hand, for clients that no library would let read nothing at all (RFC 9113 4.1). */
const types = { data: 0, headers: 1, settings: 4, windowUpdate: 8 } as const
const [endStream, endHeaders] = [0x1, 0x4] as const

const largestWindow = 2 ** 31 - 1
const firstWindow = 65_535
const initialWindowSize = 4

// Data that any receiver takes in one frame (RFC 9113 6.5.2).
const frameBytes = 16 * 1024

/** What a client says first, with windows so large that only the connection's own buffers hold an answer back. */
export function preface(): Buffer {
  const setting = Buffer.alloc(6)
  setting.writeUInt16BE(initialWindowSize, 0)
  setting.writeUInt32BE(largestWindow, 2)
  const more = Buffer.alloc(4)
  more.writeUInt32BE(largestWindow - firstWindow, 0)
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(types.settings, 0, { payload: setting }),
    frame(types.windowUpdate, 0, { payload: more }),
  ])
}

/** A POST on a stream of its own, by its number from 0; its body ends the stream when it `isEnded`. */
export function post(
  place: number,
  headers: Readonly<Record<string, string>>,
  { body, isEnded }: { readonly body: Buffer; readonly isEnded: boolean },
): Buffer {
  const stream = 2 * place + 1
  const all = { ':method': 'POST', ':scheme': 'http', ':authority': 'origin', ...headers }
  const lines = Object.entries(all).flatMap(([name, value]) => [literal(name), literal(value)])
  // A literal that is not indexed, whose name is no index either (RFC 7541 6.2.2).
  const block = Buffer.concat(lines.map((line, at) => (at % 2 === 0 ? concat0(line) : line)))
  const frames = [frame(types.headers, stream, { payload: block, flags: endHeaders })]
  for (let at = 0; at < body.length; at += frameBytes) {
    const isLast = isEnded && at + frameBytes >= body.length
    const payload = body.subarray(at, at + frameBytes)
    frames.push(frame(types.data, stream, { payload, flags: isLast ? endStream : 0 }))
  }
  return Buffer.concat(frames)
}

function concat0(line: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0), line])
}

/** Shorter than 127 bytes, and not Huffman-coded (RFC 7541 5.2). */
function literal(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text)])
}

function frame(
  type: number,
  stream: number,
  { payload, flags = 0 }: { readonly payload: Buffer; readonly flags?: number },
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}
