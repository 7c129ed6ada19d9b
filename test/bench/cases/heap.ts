import { readPeakRss, resetPeakRss } from '../accounting.ts'
import { wrk } from '../clients.ts'
import { origin } from '../contestants.ts'
import { GcTime } from '../gc-time.ts'
import { createRateRow } from '../rounds.ts'
import type { Contestant } from '../servers.ts'

const bodyBytes = 16 * 1024
const waitMs = 10

const clocks = new Map<string, GcTime>()

/** The origin with one heap profile, and a clock in each of its threads for what collecting takes. */
function profiled(profile: 'memory' | 'balanced' | 'throughput'): Contestant {
  const contestant = origin({ workers: 1, flags: [`--heap-profile=${profile}`] })
  return {
    ...contestant,
    name: profile,
    prepare: (ports) => {
      const clock = new GcTime()
      clocks.set(profile, clock)
      return {
        ...contestant.prepare(ports),
        environment: clock.environment,
        cleanUp: () => clock.remove(),
      }
    },
  }
}

// Bodies that are held for a while outlive small young generations, and then have to be moved.
export const heap = createRateRow({
  name: 'heap',
  what: `POST of 16 KiB to /delay/${waitMs}, which holds and echoes it, 256 connections (wrk)`,
  unit: 'request',
  servers: [profiled('throughput'), profiled('balanced'), profiled('memory')],
  client: wrk({
    path: `/delay/${waitMs}`,
    connections: 256,
    script: 'post.lua',
    scriptWords: [`${bodyBytes}`],
  }),
  meter: {
    metrics: [
      { key: 'gc', title: 'GC share', digits: 3 },
      { key: 'peak', title: 'peak RSS MiB', digits: 0 },
    ],
    start: ({ name, pid }) => {
      const note = () => clocks.get(name)?.read() ?? { working: 0, collecting: 0 }
      const before = note()
      resetPeakRss(pid)
      return async () => {
        const peak = readPeakRss(pid) / 2 ** 20
        await clocks.get(name)?.settle()
        const after = note()
        const gc = (after.collecting - before.collecting) / (after.working - before.working)
        return { gc, peak }
      }
    },
  },
  targets: [
    { metric: 'cpu', bound: 'at most', limit: 1, peer: 'memory' },
    { metric: 'gc', bound: 'at most', limit: 1, peer: 'memory' },
  ],
})
