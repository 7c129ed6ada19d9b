import type { Buffered, Holder } from '../../budgets/buffered.ts'
import type { Slab } from '../../telemetry/slab.ts'
import { type OnLeave, waitFor } from '../port/waits.ts'

/** Less is not charged: most calls are a small message each way, and the budget searches all that hold something. */
export const leastBytes = 16 * 1024

/**
 * An open call with its stream, here and in the libraries: 5,000 calls took 44 MiB of heap and 60 MiB of memory, and their
 * ends take some, too.
 */
export const callBytes = 16 * 1024

// Calls are charged in groups of this size, because most of them are short.
const callsAtOnce = 32

// While memory is short, a call waits until the answers of its connection are read, but no longer than this: one unread
// stream must not stop the other streams of its connection for ever.
const patienceMs = 1000

/**
 * What one connection holds of its client besides what its calls are charged with: small messages, of which there may
 * be thousands, answers of ended calls, which HTTP/2 keeps until the socket has taken them, and the calls themselves.
 */
export class Unread implements Holder {
  readonly #buffered: Buffered
  readonly #slab: Slab
  readonly #cut: () => void
  /** Calls that wait, in the order they came. */
  readonly #waiting = new Set<() => void>()
  #unread = 0
  #own = 0
  #isCharged = false
  #isOver = false
  #calls = 0
  #chargedCalls = 0
  readonly #openCalls: Holder = { giveUp: () => this.giveUp() }

  /** `cut` ends the connection. */
  constructor(
    { buffered, slab }: { readonly buffered: Buffered; readonly slab: Slab },
    cut: () => void,
  ) {
    this.#buffered = buffered
    this.#slab = slab
    this.#cut = cut
  }

  /** A call begins. */
  enter(): void {
    if (++this.#calls > this.#chargedCalls) this.#chargeCalls(callsAtOnce)
  }

  /** A call has ended. */
  leave(): void {
    if (--this.#calls < this.#chargedCalls - 2 * callsAtOnce || this.#calls === 0) {
      this.#chargeCalls(this.#calls === 0 ? -this.#chargedCalls : -callsAtOnce)
    }
  }

  /** A call has this many more bytes of unread answers, and the connection holds this many more of them. */
  change(unread: number, own: number): void {
    this.#unread += unread
    this.#own += own
    if (unread < 0 && this.#unread === 0) this.#wakeOne()
    if (own !== 0) this.#charge()
  }

  /**
   * Undefined when a call may make an answer now. While memory is short and answers of the connection are not read, a
   * promise of that. It rejects with ClientLeft when the call is over.
   */
  room(onLeave: OnLeave): Promise<void> | undefined {
    if (this.#unread === 0 || !this.#buffered.isShort) return undefined
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve)
      waitFor(patienceMs, onLeave)
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(resolve))
    })
  }

  giveUp(): void {
    this.#isCharged = false
    this.#slab.add('heldRefused', 1)
    this.#cut()
  }

  /** The connection is gone, and so is all it held. */
  end(): void {
    this.#isOver = true
    this.#charge()
    this.#buffered.hold(this.#openCalls, 0)
  }

  #chargeCalls(change: number): void {
    this.#chargedCalls += change
    // The first few of a connection are not worth counting.
    const calls = this.#isOver ? 0 : Math.max(0, this.#chargedCalls - callsAtOnce)
    this.#buffered.holdInHeap(this.#openCalls, calls * callBytes)
  }

  #charge(): void {
    const bytes = this.#isOver || this.#own < leastBytes ? 0 : this.#own
    if (bytes === 0 && !this.#isCharged) return
    this.#isCharged = bytes > 0
    this.#buffered.hold(this, bytes)
  }

  // The next call's turn, when this one makes no answer.
  #wakeOne(): void {
    const [first] = this.#waiting
    if (first === undefined) return
    this.#waiting.delete(first)
    first()
    setImmediate(() => {
      if (this.#unread === 0) this.#wakeOne()
    })
  }
}
