// What a server spent, read from /proc: the account that no load generator can distort.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'

/** CPU seconds all threads of a process have run: nanoseconds are the first field of schedstat. */
export function readCpuSeconds(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += readThreadNanoseconds(`/proc/${pid}/task/${thread}/schedstat`)
  }
  return nanoseconds / 1e9
}

function readThreadNanoseconds(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8').split(' ')[0])
  } catch {
    return 0 // the thread ended between the listing and the reading
  }
}

export interface Memory {
  readonly rssBytes: number
  readonly pssBytes: number
}

/** Resident memory; smaps_rollup counts pages, where /proc/PID/status lags behind its threads. */
export function readMemory(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return { rssBytes: readField(text, 'Rss'), pssBytes: readField(text, 'Pss') }
}

function readField(text: string, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]
  if (kibibytes === undefined) throw new Error(`smaps_rollup has no ${name}`)
  return Number(kibibytes) * 1024
}

/** The most that was resident since the last reset. */
export function readPeakRss(pid: number): number {
  return readField(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM')
}

/** Has the peak begin anew with what is resident now (proc(5), clear_refs). */
export function resetPeakRss(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** Connections turned away so far because a listener's queue was full; their clients ask again after 1 s. */
export function readListenOverflows(): number {
  const lines = readFileSync('/proc/net/netstat', 'utf8').split('\n')
  const [names = [], values = []] = lines
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '))
  const value = values[names.indexOf('ListenOverflows')]
  if (value === undefined) throw new Error('/proc/net/netstat has no ListenOverflows')
  return Number(value)
}

/** Open descriptors, to know that a server still holds the connections a client counts. */
export function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
