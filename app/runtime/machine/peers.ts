import { readFile } from 'node:fs/promises'

import { addressText } from '../../listeners/port/address.ts'
import { isShortage } from '../../look.ts'

const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6']

// ESTABLISHED and CLOSE_WAIT (net/tcp_states.h): the states in which we hold a file for the connection.
const heldStates: ReadonlySet<string> = new Set(['01', '08'])

/**
 * How many connections to these ports each peer's address has, as the kernel knows them (proc_pid_net(5)), including
 * queued ones. Undefined when the kernel cannot be asked.
 */
export async function readPeers(
  ports: ReadonlySet<number | undefined>,
): Promise<ReadonlyMap<string, number> | undefined> {
  try {
    const texts = await Promise.all(tables.map((table) => readTable(table)))
    return countPeers(texts.join(''), ports)
  } catch (error) {
    if (isShortage(error)) return undefined
    throw error
  }
}

// Where IPv6 is off its table does not exist.
async function readTable(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1')
  } catch (error) {
    if (isShortage(error)) throw error
    return ''
  }
}

/** The same from the text of the tables. */
export function countPeers(
  text: string,
  ports: ReadonlySet<number | undefined>,
): ReadonlyMap<string, number> {
  const byHex = new Map<string, number>()
  // sl: local address:port remote address:port state ...
  for (const [, port = '', peer = '', state = ''] of text.matchAll(
    /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):[0-9A-F]{4} ([0-9A-F]{2}) /gm,
  )) {
    if (!heldStates.has(state) || !ports.has(Number.parseInt(port, 16))) continue
    byHex.set(peer, (byHex.get(peer) ?? 0) + 1)
  }
  const counts = new Map<string, number>()
  // A dual-stack socket has IPv4 peers in the table of IPv6.
  for (const [hex, count] of byHex) {
    const address = addressText(bytesOf(hex))
    counts.set(address, (counts.get(address) ?? 0) + count)
  }
  return counts
}

// Words of 32 bits in the processor's byte order, which is little-endian here.
function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex').swap32()
}
