import { rawRequest } from '../support/raw.ts'
import { frameBytes, handshakeHeaders as handshake } from './ws-client.ts'

/** Random choices that a seed makes again. */
export interface Dice {
  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number
  oneOf<T>(choices: readonly T[]): T
}

/** xorshift32: enough to choose bytes by, and short. */
export function createDice(seed: number): Dice {
  let state = seed | 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const below = (limit: number): number => next() % limit
  return {
    below,
    oneOf<T>(choices: readonly T[]): T {
      // The index is within the list.
      return choices[below(choices.length)] as T
    },
  }
}

const chunked = 'Transfer-Encoding: chunked'

const requests: readonly Buffer[] = [
  ...[
    'GET /',
    'GET /health?verbose=1',
    'HEAD /help',
    'GET /bin/1000?seed=5',
    'GET /bin/100K?chunked=true',
    'GET /bin/64K?digest=true',
    'GET /bin/1000?cipher=aes-128-cbc&random=true',
    'GET /bin/2M?hash=sha256',
    'GET /chunked/20?size=100&delay=1',
    'GET /drip?bytes=50&duration=20ms&delay=1&code=201',
    'GET /sse?count=5&interval=1&size=10',
    'GET /ndjson?count=5&interval=0',
    'GET /status/200:0.5,503:0.5',
    'GET /delay/5',
    'GET /nousage/badjson',
    'GET /ws/close/1000',
    'OPTIONS /any/thing?else=1',
  ].map((line) => rawRequest(line)),
  rawRequest('GET /bin/1M', { headers: ['Range: bytes=100-2000', 'X-Request-ID: fuzz'] }),
  rawRequest('POST /', { headers: ['Content-Length: 11'], body: 'hello world' }),
  rawRequest('POST /upload?digest=1&seed=0', { headers: ['Content-Length: 6'], body: 'ABCDEF' }),
  rawRequest('PUT /delay/1/1', { headers: [chunked], body: '5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n' }),
  rawRequest('POST /', { headers: [chunked, 'X-A: 1', 'x-a: 2'], body: '3\r\nabc\r\n0\r\n\r\n' }),
  rawRequest('POST /', { headers: ['Expect: 100-continue', 'Content-Length: 3'], body: 'abc' }),
  rawRequest('GET /ws', { headers: handshake, body: '\x81\x85\x01\x02\x03\x04iehhn' }),
  rawRequest('GET /ws/push?count=3&interval=1', { headers: handshake }),
  rawRequest('GET /ws/close', {
    headers: [...handshake, 'Sec-WebSocket-Protocol: a, b'],
    body: '\x82\x82\0\0\0\0hi\x88\x80\0\0\0\0',
  }),
].map((text) => Buffer.from(text, 'latin1'))

const pieces: readonly Buffer[] = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  ':',
  '%00',
  '%',
  '%ff',
  '?',
  '&',
  '/',
  '-1',
  '0',
  '9999999999999999999999',
  '10000G',
  '\xff\xfe',
  '\xf0\x9f\x90\xa2',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Range: bytes=0-\r\n',
  'HTTP/1.1',
  'HTTP/1.0',
  'hp-fault=reset',
  'x'.repeat(5000),
  'X-Y: z\r\n'.repeat(120),
].map((text) => Buffer.from(text, 'latin1'))

/** Noise, a request, or a request with a few things wrong with it. */
export function fuzzBytes(dice: Dice): Buffer {
  const kind = dice.below(10)
  if (kind === 0) return Buffer.from(Array.from({ length: dice.below(400) }, () => dice.below(256)))
  let bytes = dice.oneOf(requests)
  if (kind === 1) return bytes
  for (let left = 1 + dice.below(4); left > 0; left--) bytes = mutate(bytes, dice)
  return bytes
}

/** A few WebSocket frames, most of them right. */
export function fuzzFrames(dice: Dice): Buffer {
  const frames = Array.from({ length: 1 + dice.below(6) }, () => {
    const frame = frameBytes({
      opcode: dice.below(8) === 0 ? dice.below(16) : dice.oneOf([0, 1, 1, 1, 2, 2, 8, 9, 10]),
      payload: Buffer.alloc(dice.oneOf([0, 1, 5, 125, 126, 300, 70_000]), dice.below(128)),
      isLast: dice.below(5) > 0,
      reservedBits: dice.below(20) === 0 ? dice.below(8) : 0,
    })
    return dice.below(6) === 0 ? mutate(frame, dice) : frame
  })
  return Buffer.concat(frames)
}

function mutate(bytes: Buffer, dice: Dice): Buffer {
  const at = dice.below(bytes.length + 1)
  const end = at + dice.below(Math.min(40, bytes.length - at + 1))
  switch (dice.below(6)) {
    case 0: {
      const changed = Buffer.from(bytes)
      if (at < changed.length) changed[at] = dice.below(256)
      return changed
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), dice.oneOf(pieces), bytes.subarray(at)])
    case 2:
      return Buffer.concat([bytes.subarray(0, at), dice.oneOf(pieces), bytes.subarray(end)])
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)])
    case 4:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)])
    default:
      return Buffer.concat([bytes.subarray(0, at), dice.oneOf(requests)])
  }
}
