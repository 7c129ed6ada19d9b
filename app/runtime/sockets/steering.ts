import type { Logger } from '../../telemetry/log.ts'
import type { ListeningSocket } from './kernel.ts'
import { LeavingSockets } from './leaving.ts'
import { type SocketMachine, thisMachine } from './options.ts'
import { type OwnedSocket, type Owner, SocketOwners } from './owners.ts'
import type { OpenPort } from './report.ts'

/** The sockets of workers that leave, while new connections are steered to others. */
export interface Departure {
  /** Whether the kernel has no connection queued on them. */
  readonly isEmpty: () => boolean
  /** Takes everything back: their owners go on accepting. */
  readonly cancel: () => void
  /** To be called when their owners have closed them. After this or `cancel` neither has an effect. */
  readonly finish: () => void
}

/**
 * Makes the kernel give new connections to the sockets that stay, before those that leave are closed. A classic BPF
 * program on the SO_REUSEPORT group chooses them, which needs no privilege (Linux 5.3 and later). Where that fails,
 * connections that are queued at the moment of closing are reset; that is logged once.
 */
export class Steering {
  readonly #log: Logger
  readonly #owners: SocketOwners
  readonly #isLinux: boolean
  /** By port. */
  readonly #leaving = new Map<number, LeavingSockets>()
  #isTold = false

  constructor(log: Logger, machine: SocketMachine = thisMachine) {
    this.#log = log
    this.#owners = new SocketOwners(machine)
    this.#isLinux = machine.platform === 'linux'
  }

  /** Records that this owner opened the sockets that are new on these ports since the last call. Never fails. */
  async note(owner: Owner, ports: readonly OpenPort[]): Promise<void> {
    if (!this.#isLinux) return
    try {
      await this.#owners.note(owner, ports)
    } catch (error) {
      this.#tell(error)
    }
  }

  /**
   * Steers new connections from the sockets that leave to the sockets that stay. When none stays, they go to those of
   * other processes on the same ports. Never fails.
   */
  async steerAway(leaving: readonly Owner[], staying: readonly Owner[]): Promise<Departure> {
    const own = this.#owners.socketsOf(leaving)
    const others = this.#owners.socketsOf(staying)
    const ports: Departure[] = []
    for (const port of new Set(own.map((socket) => socket.port))) {
      const isHere = (socket: OwnedSocket): boolean => socket.port === port
      const departure = await this.#steer(port, own.filter(isHere), others.filter(isHere))
      if (departure !== undefined) ports.push(departure)
    }
    return {
      isEmpty: () => ports.every((port) => port.isEmpty()),
      cancel: () => ports.splice(0).forEach((port) => port.cancel()),
      finish: () => ports.splice(0).forEach((port) => port.finish()),
    }
  }

  /** On one port. Undefined when there is no socket to steer to. */
  async #steer(
    port: number,
    own: readonly OwnedSocket[],
    others: readonly OwnedSocket[],
  ): Promise<Departure | undefined> {
    const sockets = this.#leaving.get(port) ?? new LeavingSockets()
    this.#leaving.set(port, sockets)
    const leaving = sockets.begin()
    const staying: ListeningSocket[] = []
    const isNew = ({ inode }: OwnedSocket): boolean => !sockets.holds(inode)
    try {
      for (const socket of this.#hold(own.filter(isNew))) leaving.push(socket)
      // A worker that stayed at that time may leave by now.
      for (const socket of this.#hold(others.filter(isNew))) staying.push(socket)
      if (await sockets.steer(staying)) {
        return {
          isEmpty: () => sockets.isEmpty(leaving),
          cancel: () => sockets.cancel(leaving),
          finish: () => sockets.finish(leaving, () => this.#firstOf(others)),
        }
      }
      sockets.cancel(leaving)
    } catch (error) {
      this.#tell(error)
      // Other workers that leave may be steering to these.
      sockets.abandon()
    } finally {
      for (const socket of staying) socket.close()
    }
    return undefined
  }

  /** Those of these that still exist, one by one. */
  *#hold(sockets: readonly OwnedSocket[]): Generator<ListeningSocket, undefined> {
    for (const socket of sockets) {
      const held = this.#owners.hold(socket)
      if (held !== undefined) yield held
    }
  }

  /** Also undefined when there is no file left to hold one. */
  #firstOf(sockets: readonly OwnedSocket[]): ListeningSocket | undefined {
    try {
      return this.#hold(sockets).next().value
    } catch {
      return undefined
    }
  }

  #tell(error: unknown): void {
    if (this.#isTold) return
    this.#isTold = true
    const reason = error instanceof Error ? error.message : String(error)
    this.#log.info(
      { reason },
      'new connections cannot be steered away from a port that closes: connections in its queue are reset',
    )
  }
}
