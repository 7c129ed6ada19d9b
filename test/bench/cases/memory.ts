import { setTimeout as sleep } from 'node:timers/promises'

import { countDescriptors, type Memory, readMemory } from '../accounting.ts'
import { holdIdle, wrk } from '../clients.ts'
import { fasthttp, nodeFloor, origin } from '../contestants.ts'
import type { Figures, Row, RunOptions } from '../row.ts'
import { type Contestant, type Server, startServer } from '../servers.ts'

const workers = 2
const connections = 10_000 // both ends stay below the 20,000 open files of a usual limit
const settleMs = 2_000
const warmUpSeconds = 1
const mebibyte = 2 ** 20

// The floor is Node started the same way: as many idle workers, and types stripped in each thread.
// The same in JavaScript shows how much of it is the stripping, which a build step would save.
const floors = {
  beyond: nodeFloor({ workers, language: 'TypeScript' }),
  beyondJavaScript: nodeFloor({ workers, language: 'JavaScript' }),
}

type Samples = Map<string, Record<string, number[]>>

/** Memory at start and per idle connection, from fresh processes in every round. */
export const memory: Row = {
  name: 'memory',
  what: `a primary and ${workers} workers at start; ${connections} idle connections on one worker`,
  metrics: [
    { key: 'rss', title: 'RSS MiB', digits: 1 },
    { key: 'pss', title: 'PSS MiB', digits: 1 },
    { key: 'beyond', title: 'MiB beyond floor', digits: 1 },
    { key: 'beyondJavaScript', title: 'MiB beyond JS floor', digits: 1 },
    { key: 'perConnection', title: 'bytes/idle connection', digits: 0 },
  ],
  targets: [
    { metric: 'beyond', bound: 'at most', limit: 64 },
    { metric: 'perConnection', bound: 'at most', limit: 1, peer: 'fasthttp' },
  ],
  measure: async (options) => {
    const samples: Samples = new Map()
    for (let round = 0; round < options.rounds; round++) {
      options.progress(`round ${round + 1}/${options.rounds}`)
      await measureStart(samples, options)
      for (const contestant of [origin({ workers: 1 }), fasthttp()]) {
        const bytes = await measureIdle(contestant)
        record(samples, contestant.name, { perConnection: bytes })
        options.progress(`  ${contestant.name}: ${bytes.toFixed(0)} bytes per idle connection`)
      }
    }
    return [...samples].map(([server, values]): Figures => ({ server, values }))
  },
}

async function measureStart(samples: Samples, { progress }: RunOptions): Promise<void> {
  const measured = await withServer(origin({ workers }), measureSettled)
  record(samples, 'origin', inMebibytes(measured)) // first, as the server that is judged
  for (const [key, contestant] of Object.entries(floors)) {
    const floor = await withServer(contestant, measureSettled)
    const beyond = (measured.rssBytes - floor.rssBytes) / mebibyte
    record(samples, contestant.name, inMebibytes(floor))
    record(samples, 'origin', { [key]: beyond })
    progress(`  origin: ${beyond.toFixed(1)} MiB beyond ${contestant.name}`)
  }
}

async function measureSettled({ pid }: Server): Promise<Memory> {
  await sleep(settleMs)
  return readMemory(pid)
}

function inMebibytes({ rssBytes, pssBytes }: Memory): Record<string, number> {
  return { rss: rssBytes / mebibyte, pss: pssBytes / mebibyte }
}

// Warmed up first, or compiled code and the young heap would be counted as connections. Read as
// soon as the last connection has its answer: uWebSockets drops idle ones after 8 to 12 s.
function measureIdle(contestant: Contestant): Promise<number> {
  return withServer(contestant, async (server) => {
    await wrk({ path: '/bin/1K', connections: 64 })(server, warmUpSeconds)
    const before = (await measureSettled(server)).rssBytes
    const load = { path: '/bin/1K', connections }
    const after = await holdIdle(server, load, () => {
      const open = countDescriptors(server.pid)
      if (open < connections) throw new Error(`${server.name} holds ${open} descriptors only`)
      return readMemory(server.pid).rssBytes
    })
    return (after - before) / connections
  })
}

async function withServer<Result>(
  contestant: Contestant,
  measure: (server: Server) => Promise<Result>,
): Promise<Result> {
  const server = await startServer(contestant)
  try {
    return await measure(server)
  } finally {
    await server.end()
  }
}

function record(samples: Samples, server: string, values: Readonly<Record<string, number>>): void {
  const earlier = samples.get(server) ?? {}
  for (const [key, value] of Object.entries(values)) (earlier[key] ??= []).push(value)
  samples.set(server, earlier)
}
