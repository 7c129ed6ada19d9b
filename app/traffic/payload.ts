import { createCipheriv, createHash, randomBytes, randomFillSync } from 'node:crypto'

/**
 * Bytes the origin makes up. `slice` gives at most `limit` bytes from `offset` on, fewer only when
 * that is cheaper or the payload ends; the memory is shared, so never write to it or keep it.
 */
export interface Payload {
  readonly bytes: number
  slice(offset: number, limit: number): Uint8Array
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

// Made per write, so smaller than the shared block: 64 KiB limits the CPU cost of a slow reader, which
// takes part of a slice and asks for the rest again, to one slice per turn.
const keystreamSliceBytes = 64 * 1024

/**
 * The pattern all threads slice their seed-0 payloads from: the alphabet repeated, one write long
 * plus one period, so that a slice may start at any phase and bytes stay a function of position.
 */
export function createBlock(writeBytes: number): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(writeBytes + alphabet.length)
  new Uint8Array(shared).set(Buffer.alloc(shared.byteLength, alphabet))
  return shared
}

/** Seed 0: byte i is character i mod 36 of `A-Z0-9`, whatever the write size. No copy, no allocation of bytes. */
export function patternPayload(block: Uint8Array, bytes: number): Payload {
  const writeBytes = block.length - alphabet.length
  return {
    bytes,
    slice(offset, limit) {
      const phase = offset % alphabet.length
      return block.subarray(phase, phase + Math.max(0, Math.min(limit, writeBytes, bytes - offset)))
    },
  }
}

/**
 * Any other seed: the AES-128-CTR keystream whose key is the seed as a 128-bit big-endian number and
 * whose counter starts at 0. Incompressible, seekable at native speed, and anyone can make the same
 * bytes: `head -c N /dev/zero | openssl enc -aes-128-ctr -K $(printf %032x SEED) -iv 0`.
 */
export function keystreamPayload(seed: number, bytes: number): Payload {
  const key = Buffer.alloc(16)
  key.writeBigUInt64BE(BigInt(seed), 8)
  return {
    bytes,
    slice(offset, limit) {
      const skip = offset % 16
      const counter = Buffer.alloc(16)
      counter.writeBigUInt64BE(BigInt((offset - skip) / 16), 8)
      const length = Math.min(limit, keystreamSliceBytes, bytes - offset)
      const cipher = createCipheriv('aes-128-ctr', key, counter)
      return cipher.update(Buffer.alloc(skip + length)).subarray(skip)
    },
  }
}

/** The payload of a seed; 0 is the alphabet, everything else a keystream. */
export function seededPayload(block: Uint8Array, seed: number, bytes: number): Payload {
  return seed === 0 ? patternPayload(block, bytes) : keystreamPayload(seed, bytes)
}

/** A payload that can only be made from front to back; keeps the one piece the reader is at. */
export function sequentialPayload(bytes: number, pieces: Iterator<Uint8Array>): Payload {
  let piece: Uint8Array = new Uint8Array(0)
  let start = 0
  return {
    bytes,
    slice(offset, limit) {
      if (offset < start) throw new RangeError(`a payload read at ${start} was asked for ${offset}`)
      while (offset >= start + piece.length) {
        const next = pieces.next()
        if (next.done === true) throw new RangeError(`payload of ${bytes} bytes ended at ${offset}`)
        start += piece.length
        piece = next.value
      }
      return piece.subarray(offset - start, offset - start + limit)
    },
  }
}

const cipherKey = Buffer.from('0123456789ABCDEF')
const cipherBlockBytes = 16

/** The payload encrypted with AES-128-CBC (PKCS#7, key `0123456789ABCDEF`), after its random IV. */
export function encryptedPayload(plain: Payload): Payload {
  if (plain.bytes <= keystreamSliceBytes) return wholePayload(encryptWhole(plain))
  const padded = plain.bytes + cipherBlockBytes - (plain.bytes % cipherBlockBytes)
  return sequentialPayload(cipherBlockBytes + padded, encrypt(plain))
}

function wholePayload(made: Uint8Array): Payload {
  return {
    bytes: made.length,
    slice: (offset, limit) => made.subarray(offset, offset + limit),
  }
}

function encryptWhole(plain: Payload): Uint8Array {
  const iv = nextIv()
  const cipher = createCipheriv('aes-128-cbc', cipherKey, iv)
  const pieces: Uint8Array[] = [iv]
  for (let offset = 0; offset < plain.bytes;) {
    const slice = plain.slice(offset, plain.bytes - offset)
    offset += slice.length
    pieces.push(cipher.update(slice))
  }
  pieces.push(cipher.final())
  return Buffer.concat(pieces)
}

// Asked for one by one they are 2.3 us each, out of a pool 0.1.
const ivs = Buffer.alloc(256 * cipherBlockBytes)
let ivsUsed = ivs.length

function nextIv(): Uint8Array {
  if (ivsUsed === ivs.length) {
    randomFillSync(ivs)
    ivsUsed = 0
  }
  ivsUsed += cipherBlockBytes
  return ivs.subarray(ivsUsed - cipherBlockBytes, ivsUsed)
}

function* encrypt(plain: Payload): Generator<Uint8Array, undefined> {
  const iv = randomBytes(cipherBlockBytes)
  yield iv
  const cipher = createCipheriv('aes-128-cbc', cipherKey, iv)
  for (let offset = 0; offset < plain.bytes;) {
    const slice = plain.slice(offset, keystreamSliceBytes)
    offset += slice.length
    yield cipher.update(slice)
  }
  yield cipher.final()
  return undefined
}

// 1 MiB is 0.5-1 ms of SHA-256: other exchanges on the thread wait no longer than that.
const digestTurnBytes = 1024 * 1024

/** SHA-256 of the whole payload, one MiB per event-loop turn; rejects with the signal's reason when aborted. */
export async function digestPayload(payload: Payload, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted()
  const hash = createHash('sha256')
  for (let offset = 0, turn = 0; offset < payload.bytes;) {
    const slice = payload.slice(offset, digestTurnBytes)
    hash.update(slice)
    offset += slice.length
    turn += slice.length
    if (turn >= digestTurnBytes) {
      turn = 0
      await new Promise((resolve) => setImmediate(resolve))
      signal.throwIfAborted()
    }
  }
  return hash.digest()
}
