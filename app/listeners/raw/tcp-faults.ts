import type { Socket } from 'node:net'

import type { Origin } from '../../endpoints/endpoint.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { Mark } from '../../traffic/faults/plan.ts'
import { faultNames } from '../../traffic/faults/table.ts'
import { type FaultAccount, readInjection } from '../http/injection.ts'
import { addressWithPort, hostOf } from '../port/address.ts'
import { BentConnection } from '../port/bent-connection.ts'

/** A connection as its endpoint sees it: the socket itself, or one whose bytes are bent. */
export type TcpStream = Socket | BentConnection

/** The faults that a new connection may get. */
export interface Suffering {
  readonly socket: Socket
  readonly row: { readonly id: string }
  readonly origin: Origin
  readonly slab: Slab
  /** Ends the connection by RST. */
  readonly reset: () => void
}

/**
 * The connection with the faults of the scenario and of defaults.hp; the socket itself when there are none, undefined
 * when a fault has ended the connection. A connection cannot ask for faults itself: its first byte belongs to the
 * service.
 */
export function sufferingStream({
  socket,
  row,
  origin,
  slab,
  reset,
}: Suffering): TcpStream | undefined {
  const account = new Account(slab)
  const injection = readInjection({
    origin,
    carrier: 'tcp',
    query: '',
    method: '',
    path: '',
    listener: 'tcp',
    header: () => '',
    planText: () => '',
    record: account,
    route: row.id,
    client: () => hostOf(addressWithPort(socket.remoteAddress, socket.remotePort)),
    connection: undefined,
  })
  if (account.isEmpty) return socket
  socket.once('close', () => account.end())
  if (injection === undefined) return socket
  const { delayMs = 0, noAnswer, marks = [] } = injection.plan
  if (noAnswer !== undefined) {
    injection.done('noAnswer')
    // A peer may reset at any time; 'close' follows.
    socket.on('error', () => {}).resume()
    if (noAnswer === 'rst') reset()
    else socket.end()
    return undefined
  }
  const wait: Mark = { at: 0, kind: 'stall', ms: delayMs, fault: 'delay' }
  const bent = new BentConnection(socket, {
    plan: { marks: delayMs > 0 ? [wait, ...marks] : marks },
    mostMs: origin.limits().delayMs,
    onDone: (fault) => injection.reached(fault),
    reset,
  })
  bent.begin()
  return bent
}

/** Counts the faults of one connection, and whether they happened. */
class Account implements FaultAccount {
  readonly #slab: Slab
  readonly #faults = new Map<string, boolean>()
  #atEnd: (() => void) | undefined

  constructor(slab: Slab) {
    this.#slab = slab
  }

  get isEmpty(): boolean {
    return this.#faults.size === 0
  }

  asked(fault: string): void {
    this.#faults.set(fault, false)
  }

  injected(fault: string): void {
    this.#faults.set(fault, true)
  }

  atEnd(run: () => void): void {
    this.#atEnd = run
  }

  end(): void {
    this.#atEnd?.()
    for (const [fault, isDone] of this.#faults) {
      this.#slab.countFault(faultNames.indexOf(fault), isDone)
    }
  }
}
