// The loopback everything is measured on.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const congestionControlPath = '/proc/sys/net/ipv4/tcp_congestion_control'
const marker = 'BENCH_NETWORK'

// Reno, which every kernel has and every namespace may use: BBR, the default of some machines,
// paces its sends, and that is then all one measures (C send loop: 2.5 GB/s instead of 12.5).
const enter = `ip link set lo up && echo reno > ${congestionControlPath} && exec "$@"`

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
