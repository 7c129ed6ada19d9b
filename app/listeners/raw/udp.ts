import { type RemoteInfo, type Socket, createSocket } from 'node:dgram'
import { type LookupOneOptions, lookup } from 'node:dns'
import { isIP } from 'node:net'

import { monotonicMs } from '../../telemetry/clock.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { Listener } from '../listener.ts'
import { cannotListen } from '../port/refused-port.ts'

/** The UDP echo port. */
export interface UdpOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  /** The section of the label `udp`. */
  readonly slab: Slab
  readonly onBug: (error: unknown) => void
}

// What may wait for the network card in this process. Above it answers are dropped, as UDP allows at any hop. The
// kernel's own buffer (net.core.wmem_default) comes before it.
const queuedBytesLimit = 1024 * 1024

// Services that answer any sender (echo, chargen, DNS, NTP) use ports below. A datagram from one of these is forged, to
// make two services talk to each other for ever. Clients and NAT use ports above.
const servicePortsEnd = 1024

/**
 * UDP echo (RFC 862): each datagram goes back to its sender, once and as long as it came, so that a forged sender gets
 * no more bytes than the forger has sent. All workers open the port; the kernel gives all datagrams of a sender to the
 * same one. Goes on until the port closes: UDP has no connections to end.
 */
export class UdpListener implements Listener {
  readonly name: string
  readonly #options: UdpOptions
  readonly #socket: Socket
  #isOpen = false

  constructor(options: UdpOptions) {
    this.name = options.name
    this.#options = options
    this.#socket = createSocket({
      type: options.host.includes(':') ? 'udp6' : 'udp4',
      reusePort: true,
      lookup: answerLookup,
    })
  }

  open(): Promise<void> {
    const { name, host, port, onBug } = this.#options
    return new Promise((resolve, reject) => {
      this.#socket.once('error', (error) => {
        reject(cannotListen({ name, host, port }, error))
      })
      this.#socket.bind({ address: host, port }, () => {
        this.#isOpen = true
        // Errors of a receive, such as an ICMP message about an earlier answer. The port goes on.
        this.#socket.on('error', () => {})
        resolve()
      })
      this.#socket.on('message', (bytes, sender) => {
        try {
          this.#echo(bytes, sender)
        } catch (error) {
          onBug(error)
        }
      })
    })
  }

  drain(): void {}

  stopAccepting(): void {
    this.close()
  }

  close(): void {
    if (this.#isOpen) this.#socket.close()
    this.#isOpen = false
  }

  #echo(bytes: Buffer, { address, port }: RemoteInfo): void {
    const { slab, port: own } = this.#options
    slab.add('bytesIn', bytes.length)
    slab.add('datagramsIn', 1)
    // A drain waits for quiet. Each datagram shows that a balancer does not know about the drain yet.
    slab.set('lastConnectionAt', monotonicMs())
    if (!this.#isOpen) return
    const isFull = this.#socket.getSendQueueSize() + bytes.length > queuedBytesLimit
    if (isFull || port === own || port < servicePortsEnd) return slab.add('datagramsDropped', 1)
    this.#socket.send(bytes, port, address, (error) => {
      // A datagram that the kernel refuses (too long for the way back, no receiver) is lost, as UDP allows.
      if (error !== null) return slab.add('datagramsDropped', 1)
      slab.add('bytesOut', bytes.length)
      slab.add('datagramsOut', 1)
    })
  }
}

/** Addresses are numbers, except the one in the settings, so a lookup costs nothing, not even a tick. */
function answerLookup(
  host: string,
  options: LookupOneOptions,
  give: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  const family = isIP(host)
  if (family === 0) lookup(host, options, give)
  else give(null, host, family)
}
