import { readdir } from 'node:fs/promises'

import { SocketCalls } from './kernel.ts'
import { type SocketMachine, thisMachine } from './options.ts'
import type { OpenPort } from './report.ts'

// uWebSockets reads a socket into a buffer of 524,288 bytes, again and again for as long as a read fills it, and the
// script learns nothing of a WebSocket message before it is complete. So it takes 16 MiB from one client on the same
// machine in one turn, 480 MiB from 30 clients, and nothing can stop it (strace: 33 reads in a row of each). The kernel
// doubles what is asked; with 256 KiB no read fills the buffer, and each socket gets one read in a turn. 1 GiB to
// /upload takes 1.05 of the time and 0.96 of the CPU. One connection is limited to 256 KiB per round trip: 1.3 GB/s at
// 0.2 ms.
const receiveBytes = 128 * 1024

/**
 * Keeps what the kernel buffers for a connection of the fast engine below what the engine reads at once. Connections
 * inherit it from the socket that accepts them. Needed where memory is limited. Never fails: without these calls the
 * sockets stay as they are.
 */
export async function limitReceiveBuffers(
  ports: readonly OpenPort[],
  { platform, loadForeignFunctions }: SocketMachine = thisMachine,
): Promise<void> {
  if (platform !== 'linux') return
  const own = new Set(ports.filter(({ engine }) => engine === 'uws').map(({ port }) => port))
  try {
    const calls = new SocketCalls(await loadForeignFunctions())
    const fds = (await readdir('/proc/self/fd')).map(Number)
    calls.visit(fds, (socket) => {
      // Only what differs is written, because each new worker repeats this for every socket.
      if (!own.has(socket.port) || socket.read('SO_RCVBUF') === 2 * receiveBytes) return
      socket.write('SO_RCVBUF', receiveBytes)
    })
  } catch {
    // No files left, or no such calls: the memory guard does what it can.
  }
}
