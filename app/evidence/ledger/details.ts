import type { Hash } from './hash.ts'
import { type LedgerMemory, blockBytes, cells, layoutOf } from './layout.ts'

// Before the text: the first block's number and one, the text's length, the entry's number, the hash of its id, its run.
const headCells = 6
const headBytes = headCells * 4
const blockCells = blockBytes / 4

/** A text of the details, and whose it is. */
export interface Detail {
  /** The number of the arrival's entry. */
  readonly entry: number
  readonly low: number
  readonly high: number
  readonly run: number
  readonly text: () => string
}

/** Which ring: of all exchanges, or of those that are odd, which are kept for longer. */
export type Kind = 'newest' | 'odd'

const scratch = Buffer.alloc(64 * 1024)

/**
 * Texts in a ring that all threads write. Room is taken by one atomic addition. The first cell of a text is set last, so a
 * thread that dies in the middle leaves a gap that no reader takes for a text.
 */
export class Details {
  readonly #cells: Int32Array
  readonly #bytes: Uint8Array
  readonly #next: number
  readonly #at: number
  readonly #blocks: number

  constructor({ memory, bytes }: LedgerMemory, kind: Kind) {
    const layout = layoutOf(bytes)
    this.#cells = new Int32Array(memory)
    this.#bytes = new Uint8Array(memory)
    this.#next = kind === 'odd' ? cells.nextOdd : cells.nextNewest
    this.#at = kind === 'odd' ? layout.oddAt : layout.newestAt
    this.#blocks = kind === 'odd' ? layout.oddBlocks : layout.newestBlocks
  }

  /** Keeps a text; false for one that is too long: more than an eighth of the ring, or than 64 KiB. */
  keep(
    text: string,
    { entry, id, run }: { readonly entry: number; readonly id: Hash; readonly run: number },
  ): boolean {
    if (text.length * 3 > scratch.length && Buffer.byteLength(text) > scratch.length) return false
    const length = scratch.write(text)
    const blocks = Math.ceil((headBytes + length) / blockBytes)
    if (blocks > this.#blocks / 8) return false
    const memory = this.#cells
    const block = Atomics.add(memory, this.#next, blocks) >>> 0
    const at = this.#cellOf(block)
    for (let each = 0; each < blocks; each++) Atomics.store(memory, this.#cellOf(block + each), 0)
    memory[at + 1] = length
    memory[at + 2] = entry
    memory[at + 3] = id.low
    memory[at + 4] = id.high
    memory[at + 5] = run
    this.#copyIn(block, length)
    Atomics.store(memory, at, (block + 1) | 0)
    return true
  }

  /** All texts that are whole, oldest first. */
  *all(): Generator<Detail> {
    const next = Atomics.load(this.#cells, this.#next) >>> 0
    const kept = Math.min((next - 1) >>> 0, this.#blocks)
    for (let left = kept; left > 0;) {
      const block = (next - left) >>> 0
      const at = this.#cellOf(block)
      if (Atomics.load(this.#cells, at) !== ((block + 1) | 0)) {
        left--
        continue
      }
      const length = Math.min(this.#cells[at + 1] ?? 0, scratch.length)
      yield this.#detailAt(block, at, length)
      left -= Math.ceil((headBytes + length) / blockBytes)
    }
  }

  #detailAt(block: number, at: number, length: number): Detail {
    const memory = this.#cells
    return {
      entry: (memory[at + 2] ?? 0) >>> 0,
      low: memory[at + 3] ?? 0,
      high: memory[at + 4] ?? 0,
      run: memory[at + 5] ?? 0,
      text: () => {
        const text = this.#copyOut(block, length)
        // Written over meanwhile: no text.
        return Atomics.load(memory, at) === ((block + 1) | 0) ? text : ''
      },
    }
  }

  #cellOf(block: number): number {
    return this.#at + (block & (this.#blocks - 1)) * blockCells
  }

  /** The ring may end within the text. */
  #copyIn(block: number, length: number): void {
    const from = this.#cellOf(block) * 4 + headBytes
    const room = Math.min(length, this.#end - from)
    this.#bytes.set(scratch.subarray(0, room), from)
    if (room < length) this.#bytes.set(scratch.subarray(room, length), this.#at * 4)
  }

  #copyOut(block: number, length: number): string {
    const from = this.#cellOf(block) * 4 + headBytes
    const room = Math.min(length, this.#end - from)
    const bytes = Buffer.alloc(length)
    bytes.set(this.#bytes.subarray(from, from + room))
    if (room < length)
      bytes.set(this.#bytes.subarray(this.#at * 4, this.#at * 4 + length - room), room)
    return bytes.toString()
  }

  get #end(): number {
    return (this.#at + this.#blocks * blockCells) * 4
  }
}
