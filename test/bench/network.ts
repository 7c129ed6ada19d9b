// The loopback everything is measured on.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const congestionControlPath = '/proc/sys/net/ipv4/tcp_congestion_control'
const portRangePath = '/proc/sys/net/ipv4/ip_local_port_range'
const marker = 'BENCH_NETWORK'

// Reno, which every kernel has and every namespace may use: BBR, the default of some machines,
// paces its sends, and that is then all one measures (C send loop: 2.5 GB/s instead of 12.5).
// Twice the usual ports, because a client that opens one connection per request needs a new one each
// time, and gets an old one back after a second at the earliest (tcp_tw_reuse).
const enter = [
  'ip link set lo up',
  `echo reno > ${congestionControlPath}`,
  `echo 10000 65535 > ${portRangePath}`,
  'exec "$@"',
].join(' && ')

/**
 * Starts the bench again in a network namespace of its own, under the same process id: no pacing,
 * no firewall, and ports that nobody else holds. Returns only when there, or not permitted.
 */
export function enterPrivateNetwork(): void {
  if (process.env[marker] !== undefined || process.execve === undefined) return
  const words = [...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--net', 'sh', '-c']
  try {
    execFileSync('unshare', [...words, enter, 'sh', 'true'], { stdio: 'ignore' })
  } catch {
    return // not permitted here: describeNetwork says on what was measured
  }
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  process.execve('/usr/bin/env', ['env', 'unshare', ...words, enter, 'sh', ...again], {
    ...process.env,
    [marker]: 'private',
  })
}

/** Which loopback this is, for the head of a report. */
export function describeNetwork(): string {
  const congestionControl = readFileSync(congestionControlPath, 'utf8').trim()
  const isPrivate = process.env[marker] === 'private'
  const warning = congestionControl.startsWith('bbr') ? ' (it paces: transfers look slow)' : ''
  const owner = isPrivate ? 'a private namespace' : 'the machine'
  return `loopback of ${owner}, TCP ${congestionControl}${warning}`
}
