import { wrk } from '../clients.ts'
import { origin } from '../contestants.ts'
import { QuotaGroup } from '../quota-group.ts'
import { createRateRow } from '../rounds.ts'
import type { Contestant } from '../servers.ts'

const cpus = 1
const groups = new Map<string, QuotaGroup>()

/** The origin in a real cgroup of its own, on every core its threads can get. */
function limited(name: string, workers: number | 'auto'): Contestant {
  const contestant = origin({ workers })
  return {
    ...contestant,
    name,
    isUnpinned: true,
    prepare: (ports) => {
      const group = new QuotaGroup(cpus)
      groups.set(name, group)
      const { words } = contestant.prepare(ports)
      return { words: group.within(words), cleanUp: () => group.remove() }
    },
  }
}

// What a container of one CPU gets from workers that fit it, and from one thread per core of a node.
const [sized, unsized] = ['auto (1 worker)', '4 workers']

export const quota = createRateRow({
  name: 'quota',
  what: `echo JSON of a 16 KiB POST under a CPU quota of ${cpus}, 64 connections (wrk); needs root`,
  unit: 'request',
  servers: [limited(sized, 'auto'), limited(unsized, 4)],
  // Much more work for the origin than for wrk, which has to leave it cores to use up its quota.
  client: wrk({ path: '/', connections: 64, script: 'post.lua', scriptWords: [`${16 * 1024}`] }),
  meter: {
    metrics: [
      { key: 'p99', title: 'p99 ms', digits: 2 },
      { key: 'throttled', title: 'throttled periods', digits: 2 },
    ],
    start: ({ name }) => {
      const periods = () => groups.get(name)?.readPeriods() ?? { all: 0, throttled: 0 }
      const before = periods()
      return ({ p99Ms = Number.NaN }) => {
        const after = periods()
        const throttled = (after.throttled - before.throttled) / (after.all - before.all)
        return { p99: p99Ms, throttled }
      }
    },
  },
  targets: [
    { metric: 'throughput', bound: 'at least', limit: 1, peer: unsized },
    { metric: 'p99', bound: 'at most', limit: 1, peer: unsized },
  ],
})
