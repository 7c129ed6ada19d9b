import type { Entry } from './entries.ts'
import { type EndCause, endCauses } from './record.ts'

/** How often an id came in a run, and how its first attempts ended: at most 6 of them. */
export interface RunId {
  readonly count: number
  readonly ends: readonly EndCause[]
}

type Hashed = Pick<Entry, 'low' | 'high'>

const mostEnds = 6
const mostCount = 255

/** An id's hash as one number, which has room for 53 of its 64 bits: a million ids share one with a chance of 1 in 20,000. */
export function keyOf({ low, high }: Hashed): number {
  return (low >>> 0) * 2 ** 21 + (high >>> 11)
}

/**
 * The ids of a run by their hashes, as pods tell each other of them: only so is it known which came to several pods.
 * 16 bytes an id as text, so a million are 16 MB.
 */
export class RunIds {
  readonly #ids = new Map<number, number>()

  /** Takes an arrival. */
  add(entry: Hashed & Pick<Entry, 'cause'>): void {
    this.#join(keyOf(entry), 1, [entry.cause])
  }

  /** Takes what another pod tells; throws a RangeError for what cannot be read. */
  join(text: string): void {
    const bytes = Buffer.from(text, 'base64')
    if (bytes.length % 12 !== 0) throw new RangeError('the ids of a run cannot be read')
    for (let at = 0; at < bytes.length; at += 12) {
      const { count, ends } = unpack(bytes.readUInt32LE(at + 8))
      this.#join(bytes.readDoubleLE(at), count, ends)
    }
  }

  toString(): string {
    const bytes = Buffer.alloc(this.#ids.size * 12)
    let at = 0
    for (const [key, packed] of this.#ids) {
      bytes.writeDoubleLE(key, at)
      bytes.writeUInt32LE(packed, at + 8)
      at += 12
    }
    return bytes.toString('base64')
  }

  /** What is known of the id with a hash; undefined when it did not come. */
  find(hash: Hashed): RunId | undefined {
    const packed = this.#ids.get(keyOf(hash))
    return packed === undefined ? undefined : unpack(packed)
  }

  *all(): Generator<RunId> {
    for (const packed of this.#ids.values()) yield unpack(packed)
  }

  #join(key: number, count: number, ends: readonly EndCause[]): void {
    const known = this.#ids.get(key)
    const before = known === undefined ? { count: 0, ends: [] } : unpack(known)
    this.#ids.set(
      key,
      pack({ count: before.count + count, ends: [...before.ends, ...ends].slice(0, mostEnds) }),
    )
  }
}

// The count in the low 8 bits, then the causes, 4 bits each, as their place in the list and one.
function pack({ count, ends }: RunId): number {
  let packed = Math.min(count, mostCount)
  for (const [index, cause] of ends.entries()) {
    packed += (endCauses.indexOf(cause) + 1) * 2 ** (8 + 4 * index)
  }
  return packed
}

function unpack(packed: number): RunId {
  const ends: EndCause[] = []
  for (let rest = packed >>> 8; rest > 0; rest >>>= 4) {
    const cause = endCauses[(rest & 15) - 1]
    if (cause !== undefined) ends.push(cause)
  }
  return { count: packed & mostCount, ends }
}
