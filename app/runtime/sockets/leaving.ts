import type { ListeningSocket } from './kernel.ts'
import { countBeside } from './listening-table.ts'
import { findPlaces, shareAmong } from './places.ts'

// Hardly any packet has the highest hop limit: the kernel drops nearly every SYN, and the client sends it again a
// second later.
const highestHopLimit = 255

/** Sockets that leave together; we hold duplicates of them. */
export type Leaving = ListeningSocket[]

/**
 * The sockets on one port that are about to close. Duplicates are held, so that they keep their places in the kernel's
 * group until all that leave at the same time have closed their own.
 */
export class LeavingSockets {
  readonly #departures = new Set<Leaving>()
  /** The sockets of departures that have ended while others had not. */
  readonly #over: Leaving = []

  /** Begins a departure; the caller fills the list, and ends it with `cancel` or `finish`. */
  begin(): Leaving {
    const leaving: Leaving = []
    this.#departures.add(leaving)
    return leaving
  }

  holds(inode: number): boolean {
    return this.#held.some((socket) => socket.inode === inode)
  }

  /**
   * Steers new connections to the sockets that stay, or, if there are none, to those of other processes. Returns
   * whether there are any. Throws what the kernel refuses.
   */
  async steer(staying: readonly ListeningSocket[]): Promise<boolean> {
    const [first] = this.#held
    if (first === undefined) return false
    const total = staying.length > 0 ? 0 : await countBeside(first.inode)
    const held = this.#held
    if (staying.length === 0 && total <= held.length) return false
    // No program for a kernel that cannot take one off again.
    const refusal = detach(first)
    if (refusal !== undefined) throw refusal
    const places = findPlaces([...held, ...staying])
    const strangers = [...Array(total).keys()].filter((place) => !places.includes(place))
    first.attach(shareAmong(staying.length > 0 ? places.slice(held.length) : strangers))
    return true
  }

  /** Whether the kernel has nothing queued on any of these. */
  isEmpty(leaving: Leaving): boolean {
    return leaving.every(({ queue }) => queue === 0)
  }

  /**
   * The kernel may give these new connections again, unless others leave at the same time: their owners go on accepting
   * until they close them.
   */
  cancel(leaving: Leaving): void {
    this.#departures.delete(leaving)
    if (this.#departures.size > 0) return void this.#over.push(...leaving.splice(0))
    this.#endWith(leaving[0])
    for (const socket of leaving.splice(0)) socket.close()
  }

  /** The owners of these have closed them. `heir` holds a socket of ours that stays, if there is one. */
  finish(leaving: Leaving, heir: () => ListeningSocket | undefined): void {
    this.#departures.delete(leaving)
    this.#over.push(...leaving.splice(0))
    if (this.#departures.size > 0) return
    const stays = heir()
    this.#endWith(stays)
    stays?.close()
  }

  /** Ends all departures: new connections are no longer steered. */
  abandon(): void {
    const all = [...this.#departures].flatMap((leaving) => leaving.splice(0))
    this.#departures.clear()
    this.cancel(all)
  }

  get #held(): Leaving {
    return [...[...this.#departures].flat(), ...this.#over]
  }

  /**
   * Closes all duplicates when the last departure has ended, and lets the kernel choose again by itself. The program
   * belongs to the group, so it is taken off through any of its sockets. Each socket that closes changes the places of
   * the others. When none of ours stays, the program is taken off before: then, for some microseconds, our sockets drop
   * what the kernel gives them.
   */
  #endWith(stays: ListeningSocket | undefined): void {
    if (this.#departures.size > 0) return
    const over = this.#over.splice(0)
    if (stays === undefined || over.length > 1) {
      for (const socket of over) socket.leastHopLimit = highestHopLimit
    }
    if (stays === undefined) detach(over[0])
    for (const socket of over) socket.close()
    detach(stays)
  }
}

/**
 * Takes the program off the socket's group, if there is one. Returns what the kernel says when it cannot (Linux before
 * 5.3).
 */
function detach(socket: ListeningSocket | undefined): unknown {
  try {
    socket?.write('SO_DETACH_REUSEPORT_BPF', 0)
    return undefined
  } catch (error) {
    const isNone = error instanceof Error && error.message.endsWith('ENOENT')
    return isNone ? undefined : error
  }
}
