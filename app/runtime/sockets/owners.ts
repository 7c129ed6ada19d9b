import { readdir } from 'node:fs/promises'

import { type ListeningSocket, SocketCalls } from './kernel.ts'
import { type SocketMachine, thisMachine } from './options.ts'
import type { OpenPort } from './report.ts'

/** Something that opens sockets: a worker. */
export type Owner = object

/**
 * A listening socket: its owner's descriptor, and the inode, which distinguishes it from a later socket with the same
 * number.
 */
export interface OwnedSocket {
  readonly descriptor: number
  readonly inode: number
  readonly port: number
}

/**
 * Which worker owns which listening socket of the process. The engines do not give descriptors, so new sockets are
 * searched for.
 */
export class SocketOwners {
  readonly #machine: SocketMachine
  readonly #owned = new WeakMap<Owner, readonly OwnedSocket[]>()
  #known: ReadonlySet<number> = new Set()
  #calls: SocketCalls | undefined
  /** Set when a look failed: the owner of sockets that were new then will never be known. */
  #isBehind = false

  constructor(machine: SocketMachine = thisMachine) {
    this.#machine = machine
  }

  /** Records that this owner opened the sockets that are new on these ports since the last call. */
  async note(owner: Owner, ports: readonly OpenPort[]): Promise<void> {
    const isBehind = this.#isBehind
    this.#isBehind = true
    const seen = await this.#look(new Set(ports.map(({ port }) => port)))
    const fresh = seen.filter(({ inode }) => !this.#known.has(inode))
    this.#owned.set(owner, isBehind ? [] : fresh)
    this.#known = new Set(seen.map(({ inode }) => inode))
    this.#isBehind = false
  }

  socketsOf(owners: readonly Owner[]): readonly OwnedSocket[] {
    return owners.flatMap((owner) => this.#owned.get(owner) ?? [])
  }

  /** A duplicate of the socket, for the caller to close; undefined when the owner has closed it. */
  hold({ descriptor, inode }: OwnedSocket): ListeningSocket | undefined {
    const socket = this.#calls?.hold(descriptor)
    if (socket?.inode === inode) return socket
    socket?.close()
    return undefined
  }

  async #look(ports: ReadonlySet<number>): Promise<readonly OwnedSocket[]> {
    this.#calls ??= new SocketCalls(await this.#machine.loadForeignFunctions())
    const seen = new Map<number, OwnedSocket>()
    this.#calls.visit((await readdir('/proc/self/fd')).map(Number), (socket) => {
      const { inode, port, descriptor } = socket
      if (ports.has(port)) seen.set(inode, { descriptor, inode, port })
    })
    return [...seen.values()]
  }
}
