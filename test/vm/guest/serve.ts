import { HttpLoad } from '../../support/http-load.ts'
import type { Pace } from '../../support/load.ts'
import { until } from '../../support/wait.ts'
import type { Limits } from '../cases.ts'
import type { Change, Say, Throttling } from '../reports.ts'
import { Groups } from './groups.ts'
import { OriginProcess } from './origin-process.ts'

const overloadedMs = 60_000

/** The life of an origin whose limits change, with clients that ask throughout. */
export async function serve(say: Say): Promise<void> {
  const groups = new Groups('serving')
  groups.limit({ cores: { container: 2 }, memoryMaxMiB: { container: 1536 } })
  const origin = new OriginProcess(groups.container)
  say('ready', await origin.next('ready'))
  const load = startClients(origin, { connections: 4, thinkMs: 50 })
  await until('the clients are at work', () => load.answered > 40)
  const scene = { groups, origin }
  say('one core', await resize(scene, 1))
  say('throttling', await overload(scene))
  say('three cores', await resize(scene, 3))
  say('half the memory', await change(scene, { memoryMaxMiB: { container: 768 } }, areNew))
  await load.stop()
  say('load', { counts: load.counts, losses: load.losses })
  say('end', await origin.end())
}

function startClients({ port }: OriginProcess, pace: Pace): HttpLoad {
  return new HttpLoad({
    port,
    target: '/bin/1K',
    isRight: ({ status, body }) => status === 200 && body.length === 1024,
    ...pace,
  })
}

interface Scene {
  readonly groups: Groups
  readonly origin: OriginProcess
}

type Workers = readonly number[]

async function change(
  { groups, origin }: Scene,
  limits: Limits,
  isDone: (after: Workers, before: Workers) => boolean,
): Promise<Change> {
  const before = await origin.workersThat(() => true)
  const changedAt = performance.now()
  groups.limit(limits)
  const line = await origin.next('quota changed')
  const after = await origin.workersThat((workers) => isDone(workers, before))
  return { line, before, after, afterMs: Math.round(performance.now() - changedAt) }
}

function resize(scene: Scene, cores: number): Promise<Change> {
  return change(scene, { cores: { container: cores } }, ({ length }) => length === cores)
}

function areNew(after: Workers, before: Workers): boolean {
  return after.length === before.length && after.every((worker) => !before.includes(worker))
}

/** Half a core, and clients that do not rest until the kernel has held the origin back a few times. */
async function overload({ groups, origin }: Scene): Promise<Throttling> {
  groups.limit({ cores: { container: 0.5 } })
  const line = await origin.next('quota changed')
  const start = groups.throttledPeriods
  const crowd = startClients(origin, { connections: 16, thinkMs: 0 })
  await until('the quota is used up', () => groups.throttledPeriods >= start + 5, {
    ms: overloadedMs,
  })
  await crowd.stop()
  const before = groups.throttledPeriods
  const told = await origin.metric('hpdummy_cpu_throttled_periods_total')
  return { line, before, told, after: groups.throttledPeriods, losses: crowd.losses }
}
