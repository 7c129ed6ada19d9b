import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'

import { ask } from '../support/ask.ts'
import { startOriginIn } from '../support/grouped-origin.ts'
import { Group } from '../support/groups.ts'
import type { TestOrigin } from '../support/origin.ts'
import { memoryMiB } from '../support/process-memory.ts'
import { adminStatus, scrape } from '../support/scrape.ts'
import { pause, until } from '../support/wait.ts'
import { GoodLoad, quantile } from './good-load.ts'
import { type Plan, besiege } from './siege.ts'

const siegeMs = 3000

interface Besieged {
  readonly limitMiB: number
  readonly workers: number | 'auto'
  readonly plan: Plan
}

/** Looks every now and then until `end`; what it saw that must not be. */
function watch(origin: TestOrigin): { readonly end: () => Promise<readonly string[]> } {
  const wrong: string[] = []
  const ending = new AbortController()
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        const status = await adminStatus(origin, '/livez')
        if (status !== 200) wrong.push(`/livez ${status}`)
        const numbers = await scrape(origin)
        const held = numbers.value('hpdummy_buffered_bytes') ?? 0
        const limit = numbers.value('hpdummy_buffered_limit_bytes') ?? Infinity
        if (held > limit * 1.25) wrong.push(`${held} bytes held, of ${limit}`)
      } catch (error) {
        wrong.push(String(error instanceof Error ? (error.cause ?? error) : error))
      }
      await pause(100)
    }
  }
  const running = run()
  const end = async (): Promise<readonly string[]> => {
    ending.abort()
    await running
    return wrong
  }
  return { end }
}

/**
 * Besieges an origin in a memory cgroup while good clients ask on every listener: it must live, serve all of them,
 * answer its probes, and be whole again afterwards. Prints what each kind of client saw.
 */
export async function survive(
  t: TestContext,
  { limitMiB, workers, plan }: Besieged,
): Promise<void> {
  const group = Group.create(t, 'memory')
  group.memoryMiB = limitMiB
  const origin = await startOriginIn(t, [group], { workers })
  const load = new GoodLoad(origin)
  await until('all are served', () =>
    [...load.kinds.values()].every(({ answered }) => answered > 2),
  )
  const before = memoryMiB(origin.pid)
  const watcher = watch(origin)
  const siege = besiege(t, origin, plan)
  t.after(() => {
    for (const line of origin.log.filter(({ level }) => level !== 'info')) {
      t.diagnostic(JSON.stringify(line).slice(0, 2000))
    }
  })
  const died = await Promise.race([pause(siegeMs), origin.exited.then((code) => `ended: ${code}`)])
  t.diagnostic(`${group.killed} killed, peak ${group.peakMiB} MiB, ${died ?? 'alive'}`)
  t.diagnostic(JSON.stringify(await siege.lift()))
  assert.equal(died, undefined, 'the origin ended')
  assert.equal(group.killed, 0, 'killed by the kernel')
  await load.stop()
  for (const [kind, { ms, refused, losses }] of load.kinds) {
    const [p50, p99] = [quantile(ms, 0.5), quantile(ms, 0.99)].map((it) => it.toFixed(1))
    const most = Math.max(...ms).toFixed(0)
    t.diagnostic(
      `${kind}: ${ms.length} served, p50 ${p50} ms, p99 ${p99} ms, most ${most} ms, ${refused} refused, ${losses.length} lost`,
    )
  }
  assert.deepEqual(await watcher.end(), [], 'probes and budget')
  for (const [kind, { ms, losses }] of load.kinds) {
    const most = Math.max(1, ms.length * mostLost)
    assert.ok(losses.length <= most, `${kind}: ${losses.slice(0, 5).join('; ')}`)
  }
  await untilWhole(t, origin, before + limitMiB / 3)
}

// Of the good clients' requests: on two busy cores a new connection may wait longer than its client does.
const mostLost = 0.05

/** As before the siege: memory, workers, every listener. */
async function untilWhole(t: TestContext, origin: TestOrigin, mostMiB: number): Promise<void> {
  // What is left of a siege may keep a busy machine for 10 s: 400 clients leave 40,000 requests on the wire listener.
  for (const port of [origin.ports.http, origin.ports.wire]) {
    const answers = (): Promise<boolean> =>
      ask(`http://127.0.0.1:${port}`, '/health').then(
        ({ status }) => status === 200,
        () => false,
      )
    await until(`port ${port} answers again`, answers, { ms: 90_000 })
  }
  const again = new GoodLoad(origin)
  await until(
    'all are served again',
    () => [...again.kinds.values()].every(({ answered }) => answered > 20),
    { ms: 60_000 },
  ).catch((error: unknown) => {
    for (const [kind, { answered, losses }] of again.kinds)
      t.diagnostic(
        `${kind}: ${answered} served, ${losses.length} lost: ${losses.slice(0, 3).join('; ')}`,
      )
    throw error
  })
  await again.stop()
  await until('the memory is given back', () => memoryMiB(origin.pid) < mostMiB).finally(() => {
    const after = memoryMiB(origin.pid).toFixed(0)
    t.diagnostic(`memory afterwards ${after} MiB, may be ${mostMiB.toFixed(0)}`)
  })
  const lost = origin.log.filter(({ level }) => level === 'error' || level === 'fatal')
  assert.deepEqual(lost, [])
  origin.signal('SIGTERM')
  assert.equal(await origin.exited, 0)
}
