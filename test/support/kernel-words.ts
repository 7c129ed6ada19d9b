// What the kernel says of sockets, asked for in other ways than the origin does: by ss, and by
// getsockopt on connections.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

import koffi from 'koffi'

/** For a test's `skip`: false where ss is and sockets are Linux's. */
export const withoutSs =
  spawnSync('ss', ['-V']).error === undefined
    ? false
    : 'ss is not installed (Debian package iproute2)'

/** For a test's `skip`. */
export const withoutLinux = process.platform === 'linux' ? false : 'sockets are asked on Linux only'

/** Backlogs of the listening sockets on a port, as ss has them (Send-Q). */
export function backlogs(port: number): readonly number[] {
  return ss('-ltnH', port).map((line) => Number(line.split(/\s+/)[2]))
}

/** The timers of the connections a port has accepted, as ss has them: 'keepalive,29sec,0'. */
export function timers(port: number): readonly string[] {
  return ss('-tnoH', port).map((line) => /timer:\((.*?)\)/.exec(line)?.[1] ?? 'none')
}

function ss(flags: string, port: number): readonly string[] {
  const { stdout } = spawnSync('ss', [flags, `sport = :${port}`], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line.trim() !== '')
}

/** What a connection has, in the kernel's own units. */
export interface ConnectionWord {
  readonly keepAlive: number
  readonly idleSeconds: number
  readonly intervalSeconds: number
  readonly probes: number
  readonly noDelay: number
}

type Ask = (...values: readonly [number, number, number, Int32Array, Uint32Array]) => number
type Name = (...values: readonly [number, Buffer, Uint32Array]) => number

/** The connections this process has accepted on a port. */
export function acceptedOn(port: number): readonly ConnectionWord[] {
  const library = koffi.load(null)
  const getsockopt: Ask = library.func('int getsockopt(int, int, int, void *, void *)')
  const getsockname: Name = library.func('int getsockname(int, void *, void *)')
  function ask(fd: number, level: number, name: number): number {
    const value = new Int32Array(1)
    return getsockopt(fd, level, name, value, new Uint32Array([4])) === 0 ? (value[0] ?? -1) : -1
  }
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => {
      const address = Buffer.alloc(128)
      getsockname(fd, address, new Uint32Array([128]))
      // SO_ACCEPTCONN is 0 for connections; other descriptors have no such option.
      return ask(fd, 1, 30) === 0 && address.readUInt16BE(2) === port
    })
    .map((fd) => ({
      keepAlive: ask(fd, 1, 9),
      idleSeconds: ask(fd, 6, 4),
      intervalSeconds: ask(fd, 6, 5),
      probes: ask(fd, 6, 6),
      noDelay: ask(fd, 6, 1),
    }))
}
