import { readFileSync, readdirSync } from 'node:fs'

/** CPU time so far of each thread of a process, in the kernel's ticks (1/100 s), by thread id. */
export function threadTicks(pid: number): ReadonlyMap<string, number> {
  return new Map(
    readdirSync(`/proc/${pid}/task`).map((thread) => {
      // The name, in parentheses, may have spaces; user and system time are the 12th and 13th after it.
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return [thread, Number(fields[11]) + Number(fields[12])] as const
    }),
  )
}

/** How many sockets listen on a port of 127.0.0.1; SO_REUSEPORT lets there be more than one. */
export function countListening(port: number): number {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local === address && state === '0A').length
}
